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


def shade(value: float, steps: list[float]) -> tuple[str, str]:
    """Return fill and text colour of a value among classes that begin at ``steps``."""
    step = max(sum(value >= bottom for bottom in steps) - 1, 0)
    # Fewer classes than shades: take them from the light end on, the last always dark.
    place = len(SEQUENTIAL) - 1 if step and step == len(steps) - 1 else step
    return SEQUENTIAL[place], ON_SEQUENTIAL[place]
