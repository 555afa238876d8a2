"""What goes to standard error: errors, hints and notes. Standard output carries data only."""

from __future__ import annotations

import errno
import os
import sys

import click

from sealer.errors import InputError
from sealer.files import reason


class PipeClosedError(Exception):
    """Whoever read our standard output has seen enough; no error to a person."""


def put(data: bytes) -> None:
    """Write to standard output, and see it through.

    Raises:
        PipeClosedError: Nobody reads any more.
        InputError: It cannot be written: a full disk behind a redirection.

    """
    try:
        _write_all(data)
    except OSError as error:
        # What is still buffered would be flushed, and complained about, when Python exits: let it go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise PipeClosedError from None
        raise InputError(f"cannot write to standard output: {reason(error)}") from error


def _write_all(data: bytes) -> None:
    stream = sys.stdout.buffer
    done = 0
    while done < len(data):
        # Under PYTHONUNBUFFERED the stream is the bare file, whose writes may be short without being an error.
        written = stream.write(memoryview(data)[done:])
        if not written:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        done += written
    stream.flush()


def complain(message: str, hint: str | None = None) -> None:
    """Print an error, and a hint where there is one; in colour on a terminal (NO_COLOR is respected by click)."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)
    if hint:
        click.echo(f"{click.style('hint:', fg='cyan')} {hint}", err=True)


def complain_of_use(error: click.ClickException) -> int:
    """Print a wrong use that click found, in our manner; return the exit code.

    Without any argument, where one is needed, that is the help text.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"see `{context.command_path} --help`" if context else None
    message = error.format_message().rstrip(".")
    complain(message[:1].lower() + message[1:], hint)
    return error.exit_code


def warn(message: str) -> None:
    """Print something that is likely not what the person wants, though nothing failed."""
    click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {message}", err=True)


def note(message: str) -> None:
    """Print something that a person should know, and that is no error."""
    click.echo(f"{click.style('note:', fg='yellow')} {message}", err=True)
