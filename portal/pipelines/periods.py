"""How far periods, such as “2025-03”, lie apart."""


def months_between(earlier: str, later: str) -> int:
    """Return the months from one period to another."""
    (year, month), (to_year, to_month) = ((int(word) for word in period.split("-")) for period in (earlier, later))
    return 12 * (to_year - year) + to_month - month
