"""How far a long command is: a line on a terminal, and nothing where standard error is a pipe or a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Value = TypeVar("_Value")


def counted(values: Iterable[_Value], total: int, what: str) -> Iterator[_Value]:
    """Pass values on, and show how many of `total` have come."""
    if not sys.stderr.isatty():
        yield from values
        return
    try:
        for number, value in enumerate(values, start=1):
            click.echo(f"\r{number} of {total} {what}", nl=False, err=True)
            yield value
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)  # back to the beginning, and the line is gone
