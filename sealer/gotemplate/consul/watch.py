"""Render until nothing more is missing: ask, fetch, render again (reference, vault-agent-injector 3.5).

What to fetch is decided by `render_pass`, which is pure; `fetch.Fetcher` is the thin part that asks a reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sealer.errors import InputError
from sealer.gotemplate import text
from sealer.gotemplate.consul.fetch import Fetcher, SecretReader
from sealer.gotemplate.consul.functions import CONSUL
from sealer.gotemplate.consul.passes import DEFAULT_LIMITS, FileWrite, Known, Surroundings, render_pass
from sealer.gotemplate.template import parse

if TYPE_CHECKING:
    from sealer.gotemplate.consul.dependencies import (
        Dependency,
    )
    from sealer.gotemplate.limits import Limits
    from sealer.gotemplate.template import MissingKey, Template

MAX_PASSES: Final = 32


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template with all that it asked for.

    Attributes:
        output: The output.
        writes: Files to write besides it, in order.
        used: What it depends on, in the order it was asked for.
        known: What was fetched for it, for leases and renewal.

    """

    output: bytes = field(repr=False)
    writes: tuple[FileWrite, ...]
    used: tuple[Dependency, ...]
    known: Known = field(repr=False)


def parse_template(
    contents: str, *, name: str = "", delims: tuple[str, str] = ("", ""), error_on_missing_key: bool = False
) -> Template:
    """Parse a template of consul-template.

    Args:
        contents: The template.
        name: Its name for errors; consul-template itself gives none.
        delims: Delimiters of actions; empty for `{{` and `}}`.
        error_on_missing_key: Whether a missing key of a map is an error; otherwise it is `<no value>`.

    Raises:
        ParseError: It is not a template.

    """
    missing: MissingKey = "error" if error_on_missing_key else "zero"
    return parse(name, contents, functions=CONSUL, delims=delims, missingkey=missing)


def render_with(
    template: Template,
    fetcher: Fetcher | SecretReader,
    *,
    surroundings: Surroundings | None = None,
    limits: Limits = DEFAULT_LIMITS,
    max_passes: int = MAX_PASSES,
) -> Rendered:
    """Render a template as often as it takes.

    Args:
        template: What `parse_template` made.
        fetcher: What fetches and keeps, or a reader for this rendering alone.
        surroundings: Environment, destination, clock.
        limits: What each pass may use.
        max_passes: How often at most.

    Raises:
        ExecError: The template cannot be executed with what it asked for.
        InputError: It asks for something new in each pass.
        Exception: What the reader raises.

    """
    fetching = fetcher if isinstance(fetcher, Fetcher) else Fetcher(fetcher)
    around = surroundings or Surroundings()
    for _ in range(max_passes):
        result = render_pass(template, fetching.known, around, limits)
        if not result.missing:
            return Rendered(text.encode(result.output), result.writes, result.used, fetching.known)
        for wanted in result.missing:
            fetching.fetch(wanted)
    raise InputError(
        f"the template asked for something new in each of {max_passes} passes",
        hint="a path or a value that is written changes with each pass, such as timestamp",
    )
