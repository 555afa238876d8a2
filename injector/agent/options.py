"""The command line of ``sealer-agent``, read without a library: one costs more time than to read a secret (pure)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from sealer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Option(NamedTuple):
    """An option with a value."""

    name: str
    value: str
    help: str


class Command(NamedTuple):
    """What can be asked for.

    Attributes:
        help: One line for the list of commands.
        more: What to know besides.
        options: Its options.
        argument: The name of its one argument; empty for none.

    """

    help: str
    more: str = ""
    options: tuple[Option, ...] = ()
    argument: str = ""


class Request(NamedTuple):
    """What was asked for.

    Attributes:
        command: Which; empty where `text` is the answer.
        values: Of the options given, by their names, and of the argument.
        text: To print.

    """

    command: str = ""
    values: Mapping[str, str] = MappingProxyType({})
    text: str = ""


_CONFIG: Final = Option(
    "--config", "FILE", "The configuration, JSON. Otherwise SEALER_AGENT_CONFIG holds it,\nbase64-encoded."
)
_ROOT: Final = Option(
    "--root",
    "FOLDER",
    "Take every path of the configuration to lie below this folder: runs a\nconfiguration outside of its pod.",
)
_RETRY: Final = Option(
    "--retry-for",
    "SECONDS",
    "How long to try again when Vault cannot be reached or cannot answer;\n"
    "default 300, or SEALER_AGENT_RETRY_FOR. Refusals are retried for 10 at most.",
)
_FORMAT: Final = Option("--log-format", "FORMAT", "standard or json; default VAULT_LOG_FORMAT, or standard.")
_SOURCE: Final = Option("--source", "FILE", "The launcher; default that of the agent's image.")

COMMANDS: Final[Mapping[str, Command]] = {
    "init": Command(
        "Fetch once, write the files, and exit.",
        "Nothing is written unless every secret could be had.",
        (_CONFIG, _ROOT, _RETRY, _FORMAT),
    ),
    "run": Command(
        "Do what the configuration's mode says: end, or stay and keep the files fresh.",
        "SIGTERM ends it. SIGHUP makes it look for news at once.",
        (_CONFIG, _ROOT, _RETRY, _FORMAT),
    ),
    "ready": Command(
        "Say by the exit status whether the first files are there: 0 yes, 1 no.",
        "For a startup probe: nothing is asked of Vault.",
        (_CONFIG, _ROOT),
    ),
    "install-launcher": Command("Copy the launcher of environment files to PATH.", "", (_SOURCE,), "PATH"),
}


def parse(words: Sequence[str], version: str) -> Request:
    """Read a command line.

    Args:
        words: Without the program's name.
        version: What ``--version`` says.

    Raises:
        UsageError: It cannot be read.

    """
    if not words:
        # An error, so that a container whose arguments were lost does not pass for one that is done.
        raise UsageError("a command is missing", hint=f"commands: {', '.join(COMMANDS)}")
    if words[0] in {"--help", "-h", "help"}:
        return Request(text=_overview())
    if words[0] == "--version":
        return Request(text=f"sealer-agent, version {version}\n")
    if words[0] not in COMMANDS:
        kind = "option" if words[0].startswith("-") else "command"
        raise UsageError(f'there is no {kind} "{words[0]}"', hint=f"commands: {', '.join(COMMANDS)}")
    if "--help" in words or "-h" in words:
        return Request(text=_help(words[0]))
    return Request(words[0], _values(words[0], list(words[1:])))


def _values(name: str, words: list[str]) -> Mapping[str, str]:
    command, hint = COMMANDS[name], f"see sealer-agent {name} --help"
    known = {option.name: option.value for option in command.options}
    found: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("-") and command.argument and command.argument not in found:
            found[command.argument] = word
            continue
        option, equals, value = word.partition("=")
        if option not in known:
            kind = "option" if word.startswith("-") else "argument"
            raise UsageError(f'{name}: there is no {kind} "{option}"', hint=hint)
        if not equals:
            if not words:
                raise UsageError(f"{name}: {option} needs a value: {known[option]}", hint=hint)
            value = words.pop(0)
        found[option] = value
    if command.argument and command.argument not in found:
        raise UsageError(f"{name}: {command.argument} is missing", hint=hint)
    return found


def _overview() -> str:
    lines = [f"  {name:<18}{command.help}" for name, command in COMMANDS.items()]
    return (
        "Usage: sealer-agent COMMAND [OPTIONS]\n\n"
        "Fetch secrets from Vault, write them to files for an application, and keep them fresh.\n\n"
        "Commands:\n" + "\n".join(lines) + "\n\n"
        "sealer-agent COMMAND --help says more; --version prints the version.\n"
    )


def _help(name: str) -> str:
    command = COMMANDS[name]
    lines = [f"Usage: sealer-agent {name} [OPTIONS]{' ' + command.argument if command.argument else ''}", ""]
    lines += [command.help, *([command.more] if command.more else []), "", "Options:"]
    for option in command.options:
        first, *rest = option.help.split("\n")
        lines += [f"  {option.name + ' ' + option.value:<24}{first}", *(" " * 26 + line for line in rest)]
    return "\n".join(lines) + "\n"
