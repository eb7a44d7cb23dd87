"""Axes with round numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_step(span: float, wanted: int = 5) -> float:
    """Return a round distance between ticks so that about ``wanted`` of them cover ``span``."""
    if span <= 0:
        return 1.0
    rough = span / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in STEPS if step * power >= rough * 0.999)


def nice_ticks(values: list[float], wanted: int = 5) -> list[float]:
    """Return round ticks that cover every value and always zero: a cut axis exaggerates."""
    low, high = min([0.0, *values]), max([0.0, *values])
    step = nice_step(high - low, wanted)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


def class_limits(values: list[float], most: int = 4) -> list[float]:
    """Return round numbers at which at most ``most`` classes of equal width begin that hold every value."""
    if not values:
        return []
    low, high = min(values), max(values)
    for wanted in range(most, 0, -1):
        step = nice_step(high - low, wanted)
        first, last = math.floor(low / step), math.floor(high / step)
        if last - first < most:
            return [round(index * step, 10) for index in range(first, last + 1)]
    return [low]


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to coordinates."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value."""
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def scale(ticks: list[float], start: float, end: float) -> Scale:
    """Return the scale that spreads ``ticks`` from ``start`` to ``end``."""
    return Scale(ticks[0], ticks[-1], start, end)


def apart(positions: list[float], distance: float, low: float, high: float) -> list[float]:
    """Push label positions apart until they are ``distance`` from each other, within the bounds."""
    order = sorted(range(len(positions)), key=positions.__getitem__)
    placed = [min(max(positions[index], low), high) for index in order]
    for index in range(1, len(placed)):
        placed[index] = max(placed[index], placed[index - 1] + distance)
    overflow = placed[-1] - high if placed else 0.0
    if overflow > 0:
        placed[-1] = high
        for index in range(len(placed) - 2, -1, -1):
            placed[index] = min(placed[index], placed[index + 1] - distance)
    result = [0.0] * len(positions)
    for where, index in enumerate(order):
        result[index] = placed[where]
    return result


def decimals_of(ticks: list[float]) -> int:
    """Return how many decimal places tell the ticks apart."""
    step = min((after - before for before, after in pairwise(ticks)), default=1.0)
    return max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
