"""The colours of the Analysis Function, in the order its guidance asks for."""

CATEGORICAL = ("#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1")
DUO = ("#12436D", "#F46A25")
FOCUS = ("#12436D", "#BFBFBF")
# From light to dark: the guidance's three tints, and the paper beneath them.
SEQUENTIAL = ("#E4EEF8", "#6BACE6", "#2073BC", "#12436D")
ON_SEQUENTIAL = ("#0B0C0C", "#0B0C0C", "#FFFFFF", "#FFFFFF")

INK = "#0B0C0C"
GREY = "#505A5F"
GRID = "#D2D5D7"
PAPER = "#FFFFFF"
DASHES = ("", "8 4", "2 3", "10 3 2 3", "5 5", "1 4")


def colours(number: int) -> tuple[str, ...]:
    """Return the palette for ``number`` series; two series get the pair with the best contrast."""
    if number == len(DUO):
        return DUO
    return tuple(CATEGORICAL[index % len(CATEGORICAL)] for index in range(number))


def dash(index: int) -> str:
    """Return the dash pattern of a series, so that lines differ without colour."""
    return DASHES[index % len(DASHES)]


def shade(value: float, low: float, high: float) -> tuple[str, str]:
    """Return fill and text colour of a value between ``low`` and ``high``: four equal steps."""
    steps = len(SEQUENTIAL)
    share = 1.0 if high <= low else (value - low) / (high - low)
    step = min(int(share * steps), steps - 1)
    return SEQUENTIAL[step], ON_SEQUENTIAL[step]
