"""What goes to standard error: errors, hints and notes. Standard output carries data only."""

from __future__ import annotations

import click


def complain(message: str, hint: str | None = None) -> None:
    """Print an error, and a hint where there is one; in colour on a terminal (NO_COLOR is respected by click)."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)
    if hint:
        click.echo(f"{click.style('hint:', fg='cyan')} {hint}", err=True)


def note(message: str) -> None:
    """Print something that a person should know, and that is no error."""
    click.echo(f"{click.style('note:', fg='yellow')} {message}", err=True)
