"""From what is known to the files of a generation: what is complete, what is missing still.

Nothing is asked for here, and nothing is written: values in, values out. A template that cannot be rendered with what
came later keeps what it gave before, so that one secret that is gone does not hold back the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from injector.agent.env_file import encode, value_of, variables_of
from injector.agent.outputs import owner_of, with_writes
from injector.agent.render import render
from injector.agent.settings import EnvFile
from injector.agent.wants import Read
from injector.agent.write import RenderedFile
from injector.vault.reference import parse_reference
from sealer.errors import SealerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from injector.agent.container import Container
    from injector.agent.settings import Access, AgentConfig, Custom, EnvVariable, TemplateSettings
    from injector.agent.templates import CustomTemplates, Piece
    from injector.agent.wants import Want
    from injector.providers import Json
    from injector.vault.answers import Answer
    from sealer.gotemplate.consul import FileWrite


@dataclass(frozen=True)
class Part:
    """One file's content, or what it waits for.

    Attributes:
        content: The content; counts only if nothing is missing.
        used: All that it is made of.
        missing: What of it is not known.
        writes: Files that its template wants written besides.

    """

    content: bytes = field(repr=False)
    used: frozenset[Want]
    missing: tuple[Want, ...] = ()
    writes: tuple[FileWrite, ...] = ()


@dataclass(frozen=True)
class Generation:
    """All files, as far as they are known.

    Attributes:
        files: Those that can be written; all of them where nothing is missing.
        used: All that they are made of.
        missing: What is not known, and for which file, in the order of the configuration.
        failures: Files that keep their old content, and why.

    """

    files: list[RenderedFile]
    used: frozenset[Want]
    missing: Mapping[Want, str]
    failures: Sequence[SealerError] = ()


class Renderer:
    """Renders the files of a configuration.

    Args:
        config: The configuration.
        container: Where the agent runs.

    Raises:
        TemplateError: A template cannot be parsed.
        InvalidReferenceError: A path is none.
        OutputError: The owner of a file is not known.

    """

    def __init__(self, config: AgentConfig, container: Container) -> None:
        self._config = config
        self._container = container
        self._last: dict[str, Part] = {}
        self._reads = {text: _read(text) for text in _paths(config)}
        self._pieces = _pieces(config)
        self._custom = _parse(list(self._pieces.values()), container)
        self._files: list[TemplateSettings | EnvFile] = [*config.templates, *config.env_files]
        self._owners = {_place(file): _owner(file.access, _place(file)) for file in self._files}

    def render(self, values: Mapping[Want, object]) -> Generation:
        """Render all files with what is known.

        Args:
            values: What is known.

        Raises:
            SealerError: A file cannot be made, and there is no older content of it.

        """
        failures: list[SealerError] = []
        parts = {_place(file): self._part(file, values, failures) for file in self._files}
        missing = {want: place for place, part in parts.items() for want in part.missing}
        used = frozenset(want for part in parts.values() for want in part.used)
        shown = {place: self._shown(place, part) for place, part in parts.items()}
        return Generation(self._rendered(shown), used, missing, failures)

    def _part(
        self, file: TemplateSettings | EnvFile, values: Mapping[Want, object], failures: list[SealerError]
    ) -> Part:
        make: Callable[[], Part]
        if isinstance(file, EnvFile):
            make = partial(self._env_file, file, values)
        else:
            make = partial(self._template, file, values)
        try:
            return make()
        except SealerError as error:
            if _place(file) not in self._last:
                raise
            failures.append(error)
            return self._last[_place(file)]

    def _shown(self, place: str, part: Part) -> Part | None:
        if part.missing:
            return self._last.get(place)
        self._last[place] = part
        return part

    def _rendered(self, parts: Mapping[str, Part | None]) -> list[RenderedFile]:
        files = []
        for file in self._files:
            place = _place(file)
            part = parts[place]
            if part is not None:
                where = self._container.place(place)
                files.append(RenderedFile(where, part.content, file.access.mode, self._owners[place]))
        writes = [write for part in parts.values() if part is not None for write in part.writes]
        return with_writes(files, writes, self._container) if writes else files

    def _template(self, template: TemplateSettings, values: Mapping[Want, object]) -> Part:
        if template.custom is not None:
            return self._piece(template.destination, values)
        want = self._reads[template.path or ""]
        if want not in values:
            return Part(b"", frozenset({want}), (want,))
        document = cast("Answer", values[want]).document
        return Part(render(document, template.default_template), frozenset({want}))

    def _piece(self, key: str, values: Mapping[Want, object]) -> Part:
        found = cast("CustomTemplates", self._custom).render(self._pieces[key], values)
        return Part(found.output, found.used, found.missing, found.writes)

    def _env_file(self, file: EnvFile, values: Mapping[Want, object]) -> Part:
        used: set[Want] = set()
        missing: list[Want] = []
        variables: list[tuple[str, bytes]] = []
        for variable in file.variables:
            if variable.custom is not None:
                piece = self._piece(_key(file, variable), values)
                used |= piece.used
                missing += piece.missing
                variables.append((variable.name, piece.content))
                continue
            want = self._reads[variable.path or ""]
            used.add(want)
            if want in values:
                variables += _variables(variable, cast("Answer", values[want]).fields)
            else:
                missing.append(want)
        return Part(b"" if missing else encode(variables, file.path), frozenset(used), tuple(missing))


def _variables(variable: EnvVariable, fields: Mapping[str, Json]) -> list[tuple[str, bytes]]:
    path = variable.path or ""
    if variable.name:
        return [(variable.name, value_of(fields, variable.key, path))]
    return variables_of(fields, variable.prefix, path)


def _place(file: TemplateSettings | EnvFile) -> str:
    return file.path if isinstance(file, EnvFile) else file.destination


def _key(file: EnvFile, variable: EnvVariable) -> str:
    return f"{file.path}\0{variable.name}"


def _owner(access: Access, where: str) -> tuple[int, int]:
    return owner_of(access.user, access.group, where) if access.user or access.group else (-1, -1)


def _paths(config: AgentConfig) -> list[str]:
    templates = [template.path for template in config.templates if template.custom is None]
    variables = [variable.path for file in config.env_files for variable in file.variables if variable.custom is None]
    return [path for path in (*templates, *variables) if path is not None]


def _read(text: str) -> Read:
    reference = parse_reference(text)
    version = () if reference.version is None else (("version", str(reference.version)),)
    return Read(reference.path, version)


def _pieces(config: AgentConfig) -> dict[str, Piece]:
    customs: list[tuple[str, str, Custom, str]] = [
        (template.destination, template.name, template.custom, template.destination)
        for template in config.templates
        if template.custom is not None
    ]
    customs += [
        (_key(file, variable), variable.name, variable.custom, "")
        for file in config.env_files
        for variable in file.variables
        if variable.custom is not None
    ]
    if not customs:
        return {}
    # Imported here: a configuration without templates does not pay for their engine.
    from injector.agent.templates import Piece  # noqa: PLC0415  # see above

    return {key: Piece(name, custom, destination) for key, name, custom, destination in customs}


def _parse(pieces: list[Piece], container: Container) -> CustomTemplates | None:
    if not pieces:
        return None
    from injector.agent.templates import CustomTemplates  # noqa: PLC0415  # as above

    return CustomTemplates(pieces, container)
