"""Showing generations: the files, then what runs after them, then the signs that all is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from injector.agent.errors import OutputError
from injector.agent.publish import publish, tidy
from injector.agent.write import RenderedFile, make_folders, refusing, stage_of, write_all
from sealer.errors import SealerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from injector.agent.commands import Command
    from injector.agent.container import Container
    from injector.agent.events import Events
    from injector.agent.settings import AgentConfig, Signal, TemplateSettings

Todo: TypeAlias = "Command | tuple[Signal, str]"

_OLD_STAYS: Final = 10.0  # seconds: whoever is on the way through the old generation arrives
_LAUNCHER_MODE: Final = 0o755


class Publisher:
    """Shows generations.

    Args:
        config: The configuration.
        container: Where the agent runs.
        events: Gets a line for each event.
        monotonic: The clock of the loop.

    """

    def __init__(
        self, config: AgentConfig, container: Container, events: Events, monotonic: Callable[[], float]
    ) -> None:
        self.is_busy = False
        """Whether commands of the last generation still run."""
        self.tidy_at: float | None = None
        self._first = True
        self._config = config
        self._container = container
        self._events = events
        self._monotonic = monotonic
        self._folders = [container.place(folder) for folder in config.folders]
        self._templates: Mapping[Path, TemplateSettings] = {
            container.place(template.destination): template for template in config.templates
        }
        self._end: Callable[[], None] | None = None

    def start(self) -> None:
        """Take away the sign of an earlier agent, and what a killed one left.

        Raises:
            OutputError: The sign cannot be taken away.

        """
        tidy(self._folders)
        if self._config.ready_file is not None:
            ready = self._container.place(self._config.ready_file)
            with refusing(ready):
                ready.unlink(missing_ok=True)

    def publish(self, files: list[RenderedFile]) -> list[Todo]:
        """Put the files in place; return what has to run, for `run`.

        Raises:
            OutputError: A file cannot be written.

        """
        changed = publish(files, self._folders)
        seen = set(changed)
        for file in files:
            if file.path in seen or self._first:
                self._events.info(f"{'wrote' if file.path in seen else 'unchanged:'} {file.path}")
        self._first = False
        if changed and self._folders:
            self.tidy_at = self._monotonic() + _OLD_STAYS
        todo = _todo([self._templates[path] for path in changed if path in self._templates])
        self.is_busy = bool(todo)
        return todo

    def run(self, todo: list[Todo]) -> list[SealerError]:
        """Run what has to, one after the other; in a worker.

        Returns:
            What failed.

        """
        from injector.agent.commands import Runner  # noqa: PLC0415  # loads subprocess, which most never need

        runner = Runner(self._container.environment, self._events.info)
        self._end = runner.stop
        failures: list[SealerError] = []
        for one in todo:
            try:
                if isinstance(one, tuple):
                    runner.signal(*one)
                else:
                    runner.run(one)
            except SealerError as error:
                failures.append(error)
        return failures

    def stop(self) -> None:
        """End what runs."""
        if self._end is not None:
            self._end()

    def write_sinks(self, token: str) -> None:
        """Write the token where the configuration says.

        Raises:
            OutputError: It cannot be written.

        """
        places = self._container.place
        files = [RenderedFile(places(sink.path), token.encode(), sink.mode) for sink in self._config.sinks]
        for path in write_all(files):
            self._events.info(f"wrote the token to {path}")

    def finish_first(self) -> None:
        """Put the launcher in place, and set the sign that the first generation is complete.

        Raises:
            OutputError: It cannot be done.

        """
        launcher = self._config.launcher
        if launcher is not None:
            source = self._container.place(launcher.source)
            install(source, self._container.place(launcher.destination))
        if self._config.ready_file is not None:
            write_all([RenderedFile(self._container.place(self._config.ready_file), b"", 0o644)])
        if not self._config.stays:
            tidy(self._folders)

    def tidy_if_due(self, now: float) -> None:
        """Remove old generations once nobody is on the way through them."""
        if self.tidy_at is not None and now >= self.tidy_at:
            self.tidy_at = None
            tidy(self._folders)


def _todo(templates: list[TemplateSettings]) -> list[Todo]:
    with_command = [template for template in templates if template.command]
    todo: list[Todo] = []
    if with_command:
        from injector.agent.commands import Command  # noqa: PLC0415  # loads subprocess, which most never need

        commands: dict[str, Command] = {}
        for one in with_command:  # a command that several files have runs once
            commands.setdefault(one.command, Command(one.command, one.command_timeout, one.name))
        todo += commands.values()
    signals = {template.signal: template.name for template in templates if template.signal is not None}
    return [*todo, *signals.items()]


def install(source: Path, destination: Path) -> None:
    """Copy the launcher into a volume.

    Raises:
        OutputError: It is not in this image, or cannot be written.

    """
    if not source.is_file():
        raise OutputError(f"there is no launcher at {source}", hint="use the image of sealer's agent")
    stage = stage_of(destination)
    with refusing(destination):
        make_folders(destination.parent)
        stage.unlink(missing_ok=True)
        stage.write_bytes(source.read_bytes())
        stage.chmod(_LAUNCHER_MODE)
        stage.replace(destination)
