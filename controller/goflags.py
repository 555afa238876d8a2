"""Flags in Go's syntax, from arguments and environment (https://pkg.go.dev/github.com/spf13/pflag, "syntax").

A Deployment that starts the existing controller has to start ours with the same ``args`` and ``env``. What that one
ignores in silence is passed over here too, and said; what it refuses is refused, with the nearest flag.
"""

from __future__ import annotations

import difflib
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sealer.errors import ConfigError
from sealer.goflags import MissingValueError, UnknownFlagError, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

OURS: Final = "SEALER_"
THEIRS: Final = "SEALED_SECRETS_"
_WIDTH: Final = 80


@dataclass(frozen=True)
class Flag:
    """One flag.

    Attributes:
        name: Without the dashes.
        read: Makes its value out of text; raises `ConfigError`, whose message need not name the flag.
        default: The value's text where nobody gives one.
        about: What it does, one sentence.
        kind: What the value is, one word; empty for a flag that is true or false, which needs none.
        group: The heading that it has in the help; empty to leave it out there.
        without_effect: Why nothing depends on it here; empty for a flag that does something.
        stands_for: The flag that it is an old name of; empty for one that has a meaning of its own.
        ours: Whether the existing controller does not have it, and so no variable of its own for it: kubeseal has
            variables of the same form, such as ``SEALED_SECRETS_NAMESPACE``, that mean something else.

    """

    name: str
    read: Callable[[str], Any]
    default: str
    about: str = ""
    kind: str = ""
    group: str = ""
    without_effect: str = ""
    stands_for: str = ""
    ours: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that give it, the one that counts first."""
        suffix = self.name.upper().replace("-", "_")
        return (OURS + suffix,) if self.ours else (OURS + suffix, THEIRS + suffix)


@dataclass(frozen=True)
class Parsed:
    """What arguments and environment come to.

    Attributes:
        values: Flag to value, for every flag that has a meaning of its own.
        notes: What was passed over and why, for the log: sentences without a full stop.
        help: Whether the help is asked for.

    """

    values: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    help: bool = False


def parse(arguments: Sequence[str], environ: Mapping[str, str], flags: Sequence[Flag]) -> Parsed:
    """Return the values of all flags: the command line's, or else the environment's, or else the defaults.

    An environment variable of the existing controller's that cannot be read is passed over, as there; one of ours is
    an error.

    Raises:
        ConfigError: There is no such flag, or its value is missing or cannot be read.

    """
    reader = _Reader({flag.name: flag for flag in flags})
    for flag in flags:
        reader.from_environment(flag, environ)
    reader.from_arguments(arguments)
    defaults = {flag.name: flag.read(flag.default) for flag in flags if not flag.stands_for}
    return Parsed({**defaults, **reader.values}, tuple(dict.fromkeys(reader.notes)), reader.help)


@dataclass
class _Reader:
    flags: Mapping[str, Flag]
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    help: bool = False

    def from_environment(self, flag: Flag, environ: Mapping[str, str]) -> None:
        """Take the first variable that is set and not empty: empty is how a chart writes "not set"."""
        for variable in flag.variables:
            if text := environ.get(variable, ""):
                try:
                    self._take(flag, text, variable)
                except ConfigError as error:
                    if variable.startswith(OURS):
                        raise
                    self.notes.append(f"{error.message}; it is passed over")
                return

    def from_arguments(self, arguments: Sequence[str]) -> None:
        """Take the command line; of a flag that is given twice, the last counts."""
        known = {flag.name: bool(flag.kind) for flag in self.flags.values()} | {"help": False}
        try:
            for name, text, written in scan(arguments, known, {"h": "help"}):
                if name is None:
                    self._pass_over(text)
                elif name == "help":
                    self.help = True
                else:
                    self._take(self.flags[name], text, written)
        except UnknownFlagError as error:
            raise self._unknown(error.written) from error
        except MissingValueError as error:
            kind = self.flags[error.name].kind
            raise ConfigError(f"--{error.name} needs a value, of the kind {kind}") from error

    def _take(self, flag: Flag, text: str, source: str) -> None:
        try:
            value = flag.read(text)
        except ConfigError as error:
            raise ConfigError(f"{source}: {error.message}", hint=error.hint) from error
        if flag.stands_for:
            self.notes.append(f"{source} is an old name of --{flag.stands_for}: please use that")
        if flag.without_effect and value != flag.read(flag.default):
            self.notes.append(f"{source} has no effect: {flag.without_effect}")
        self.values[flag.stands_for or flag.name] = value

    def _pass_over(self, argument: str) -> None:
        self.notes.append(f"the argument {argument!r} is no flag and is passed over")

    def _unknown(self, written: str) -> ConfigError:
        known = [name for name, flag in self.flags.items() if flag.group]
        near = difflib.get_close_matches(written.lstrip("-"), known, 1, cutoff=0.6)
        hint = f"did you mean --{near[0]}?" if near else "sealer-controller --help lists the flags"
        return ConfigError(f"there is no flag {written}", hint=hint)


def usage(introduction: str, flags: Sequence[Flag]) -> str:
    """Return the help: the introduction, then the flags under their headings, for a terminal of 80 columns."""
    lines = [introduction.rstrip()]
    for group in dict.fromkeys(flag.group for flag in flags if flag.group):
        lines += ["", f"{group}:"]
        for flag in flags:
            if flag.group == group:
                lines += _described(flag)
    return "\n".join([*lines, ""])


def _described(flag: Flag) -> list[str]:
    default = f" (default {flag.default})" if flag.default else ""
    indent = " " * 6
    about = textwrap.wrap(flag.about + default, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return [f"  --{flag.name} {flag.kind}".rstrip(), *about]
