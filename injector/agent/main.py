"""The command ``sealer-agent``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from injector.agent.errors import ConfigurationError
from injector.agent.events import Events, events_of, place_of
from injector.agent.options import parse
from sealer import __version__
from sealer.errors import SealerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.agent.options import Request
    from injector.agent.settings import AgentConfig

_CONFIG_VARIABLE: Final = "SEALER_AGENT_CONFIG"
_RETRY_VARIABLE: Final = "SEALER_AGENT_RETRY_FOR"
_RETRY_FOR: Final = 300.0


def main() -> None:
    """Run the command; the one place that prints errors and exits."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the run takes it: no traceback
    events = Events()
    # A bug's own words may hold a value; where it is, is enough.
    sys.excepthook = lambda _kind, error, _trace: events.complain(
        f"this is a bug of the agent: {place_of(error)}", None
    )
    try:
        request = parse(sys.argv[1:], __version__)
        if request.text or request.command == "install-launcher":
            _answer(request)
            sys.exit(0)
        config = _configuration(request)
        if request.command == "ready":
            sys.exit(0 if _is_ready(config, _root(request)) else 1)
        events = events_of(config.log_level, request.values.get("--log-format") or config.log_format, os.environ)
        status = _run(config, request, events)
    except SealerError as error:
        events.complain(error.message, error.hint)
        status = error.exit_code
    _exit(status)


def _answer(request: Request) -> None:
    if request.text:
        sys.stdout.write(request.text)
        return
    from injector.agent.publishing import install  # noqa: PLC0415  # --help needs none of it
    from injector.agent.settings import LAUNCHER  # noqa: PLC0415  # as above

    install(Path(request.values.get("--source", LAUNCHER)), Path(request.values["PATH"]))


def _run(config: AgentConfig, request: Request, events: Events) -> int:
    from injector.agent.connect import auth_of, connection_of  # noqa: PLC0415  # --help and ready need none of it
    from injector.agent.container import Container  # noqa: PLC0415  # as above
    from injector.agent.session import Session  # noqa: PLC0415  # as above

    root, retry_for = _root(request), _retry_for(request.values, config)
    environment = {name: value for name, value in os.environ.items() if name != _CONFIG_VARIABLE}
    container = Container(root, environment)
    session = Session(config, container, events)
    connection, auth = connection_of(config, root, os.environ), auth_of(config, root, os.environ)
    if connection.verify is False:
        events.warn("the server's certificate is not checked")
    if config.auth.wrap_ttl:
        return session.hand_over_wrapped(connection, auth, retry_for)
    return session.run(connection, auth, retry_for)


def _exit(status: int) -> NoReturn:
    threads = sys.modules.get("threading")
    if threads is not None and threads.active_count() > 1:
        # At once: a worker may still wait for an answer that nobody needs.
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


def _configuration(request: Request) -> AgentConfig:
    from injector.agent.config import decode_config, decode_variable  # noqa: PLC0415  # --help needs none of it

    if path := request.values.get("--config"):
        from sealer.files import read_input  # noqa: PLC0415  # as above

        try:
            config = decode_config(read_input(path))
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: {error.message}", hint=error.hint) from error
    elif text := os.environ.get(_CONFIG_VARIABLE):
        config = decode_variable(text)
    else:
        raise UsageError("there is no configuration", hint=f"set {_CONFIG_VARIABLE}, or give --config")
    return config._replace(mode="init") if request.command == "init" else config


def _is_ready(config: AgentConfig, root: Path) -> bool:
    from injector.agent.container import below  # noqa: PLC0415  # as above

    if config.ready_file is None:
        raise ConfigurationError("ready_file: missing", hint="without it, nothing shows that the files are there")
    return below(root, config.ready_file).exists()


def _root(request: Request) -> Path:
    return Path(request.values.get("--root", "/"))


def _retry_for(values: Mapping[str, str], config: AgentConfig) -> float:
    given = {"--retry-for": values.get("--retry-for"), _RETRY_VARIABLE: os.environ.get(_RETRY_VARIABLE)}
    for name, text in given.items():
        if text:
            return _seconds(name, text)
    return _RETRY_FOR if config.retry_for is None else config.retry_for


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise UsageError(f'{name}: "{text}" is no number of seconds', hint="such as 30")
    return seconds
