"""A small plot as SVG: lines over two logarithmic axes. Pure; no library for one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH: Final = 640
HEIGHT: Final = 400
LEFT, RIGHT, TOP, BOTTOM = 60, 150, 20, 45
# Told apart by those who see no difference between red and green (Okabe and Ito).
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: What it shows, with its unit.
        xs: Positive, ascending.
        ys: Positive, as many.

    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float]


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis: whole decades, mapped on pixels."""

    low: int
    high: int
    begin: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], begin: float, end: float) -> _Axis:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(low, max(high, low + 1), begin, end)

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.begin + share * (self.end - self.begin), 1)

    def decades(self) -> Iterator[float]:
        return (10.0**power for power in range(self.low, self.high + 1))


def plot(lines: Sequence[Line], x_name: str, y_name: str) -> str:
    """Return the SVG of some lines with a grid of decades and a legend."""
    x_axis = _Axis.over([x for line in lines for x in line.xs], LEFT, WIDTH - RIGHT)
    y_axis = _Axis.over([y for line in lines for y in line.ys], HEIGHT - BOTTOM, TOP)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_grid(x_axis, y_axis),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_name)}</text>',
        (
            f'<text x="14" y="{HEIGHT / 2}" transform="rotate(-90 14 {HEIGHT / 2})" text-anchor="middle">'
            f"{escape(y_name)}</text>"
        ),
    ]
    for number, line in enumerate(lines):
        parts += _line(line, COLOURS[number % len(COLOURS)], TOP + 14 + 20 * number, x_axis, y_axis)
    return "\n".join([*parts, "</svg>", ""])


def _grid(x_axis: _Axis, y_axis: _Axis) -> Iterator[str]:
    for x in x_axis.decades():
        at = x_axis.at(x)
        yield f'<path d="M{at} {y_axis.begin}V{y_axis.end}" stroke="#ddd"/>'
        yield f'<text x="{at}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:,.10g}</text>'
    for y in y_axis.decades():
        at = y_axis.at(y)
        yield f'<path d="M{x_axis.begin} {at}H{x_axis.end}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{y:,.10g}</text>'


def _line(line: Line, colour: str, legend: float, x_axis: _Axis, y_axis: _Axis) -> Iterator[str]:
    points = [(x_axis.at(x), y_axis.at(y)) for x, y in zip(line.xs, line.ys, strict=True)]
    path = " ".join(f"{x},{y}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
    yield f'<rect x="{WIDTH - RIGHT + 12}" y="{legend - 9}" width="12" height="4" fill="{colour}"/>'
    yield f'<text x="{WIDTH - RIGHT + 30}" y="{legend - 2}">{escape(line.name)}</text>'
