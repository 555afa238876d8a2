"""Custom templates: consul-template's, parsed at the beginning and rendered together (reference, 3.5).

The one module of the agent that loads the template engine; it is imported only where a configuration has a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from injector.agent.errors import TemplateError
from injector.agent.wants import Issue, LocalFile, Names, Read, Want, Write
from injector.vault.answers import Answer
from injector.vault.reference import clean_path
from sealer.errors import InputError
from sealer.gotemplate import ParseError, text
from sealer.gotemplate.consul import (
    Dependency,
    FileWrite,
    IssueCertificate,
    Known,
    ListSecrets,
    PassResult,
    ReadFile,
    ReadSecret,
    SecretResponse,
    Surroundings,
    WriteSecret,
    parse_template,
    render_pass,
)

if TYPE_CHECKING:
    from injector.agent.container import Container
    from injector.agent.settings import Custom
    from sealer.gotemplate import Template

# Templates have no name, as in the existing agent: one of their own `define` could otherwise have the same.
_PLACE: Final = re.compile(r'template: :(?:(?P<line>[0-9]+(?::[0-9]+)?):)? (?:executing "" )?')


@dataclass(frozen=True)
class Piece:
    """A template where it is used.

    Attributes:
        name: What it is called in messages.
        custom: The template.
        destination: The file that it is rendered to; empty where it is only a part of one.

    """

    name: str
    custom: Custom
    destination: str = ""


@dataclass(frozen=True)
class Rendering:
    """What a template gives with what is known.

    Attributes:
        output: The output; counts only if nothing is missing.
        writes: Files that it wants written besides.
        used: All that it asks for.
        missing: What of it is not known.

    """

    output: bytes = field(repr=False)
    writes: tuple[FileWrite, ...]
    used: frozenset[Want]
    missing: tuple[Want, ...]


class CustomTemplates:
    """The custom templates of a configuration, parsed.

    Args:
        pieces: The templates.
        container: Where they run.

    Raises:
        TemplateError: One cannot be read or parsed; secret and line are in the message.

    """

    def __init__(self, pieces: list[Piece], container: Container) -> None:
        self._container = container
        self._parsed = {piece: _parsed(piece, container) for piece in pieces}

    def render(self, piece: Piece, values: Mapping[Want, object]) -> Rendering:
        """Render a template once.

        Args:
            piece: One of those that this was made with.
            values: What is known.

        Raises:
            TemplateError: It cannot be rendered, as far as it comes; secret and line are in the message.

        """
        view = _View(values)
        try:
            surroundings = Surroundings(self._container.environment, piece.destination)
            return _rendering(render_pass(self._parsed[piece], Known(view, view, view, view), surroundings))
        except InputError as error:
            raise _translated(piece.name, error) from error


def _rendering(result: PassResult) -> Rendering:
    used = frozenset(_want(dependency) for dependency in result.used)
    missing = tuple(_want(dependency) for dependency in result.missing)
    return Rendering(b"" if missing else text.encode(result.output), result.writes, used, missing)


class _View(Mapping[Any, Any]):
    """What is known, as the engine asks for it: by its own dependencies, in its own classes."""

    def __init__(self, values: Mapping[Want, object]) -> None:
        self._values = values

    def __contains__(self, dependency: object) -> bool:
        try:
            return _want(dependency) in self._values
        except InputError:
            return False  # it is missing then, and what is wrong with it is said when it is asked for

    def __getitem__(self, dependency: Any) -> Any:
        value = self._values[_want(dependency)]
        if isinstance(value, Answer):
            return SecretResponse.of_body(value.body)
        return text.decode(value) if isinstance(value, bytes) else value

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return len(self._values)


def _want(dependency: Dependency | object) -> Want:
    match dependency:
        case ReadSecret():
            return Read(clean_path(dependency.path), dependency.parameters)
        case WriteSecret():
            return Write(clean_path(dependency.path), dependency.data)
        case ListSecrets():
            return Names(clean_path(dependency.path))
        case IssueCertificate():
            return Issue(clean_path(dependency.path), dependency.data, dependency.destination)
        case ReadFile():
            return LocalFile(dependency.path)
        case _:
            raise TypeError(f"{type(dependency).__name__} is nothing that a template asks for")


def _parsed(piece: Piece, container: Container) -> Template:
    custom = piece.custom
    contents = custom.contents
    if contents is None:
        found = container.read(custom.source or "")
        if found is None:
            raise TemplateError(f"the template of {piece.name}: there is no file {custom.source}")
        contents = text.decode(found)
    try:
        return parse_template(contents, delims=custom.delimiters, error_on_missing_key=custom.error_on_missing_key)
    except ParseError as error:
        raise _translated(piece.name, error) from error


def _translated(name: str, error: InputError) -> TemplateError:
    found = _PLACE.match(error.message)
    line = f", line {found['line']}" if found and found["line"] else ""
    said = error.message[found.end() :] if found else error.message
    return TemplateError(f"the template of {name}{line}: {said}", hint=error.hint)
