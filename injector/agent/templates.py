"""Custom templates: consul-template's, parsed at the beginning and rendered together (reference, 3.5).

The one module of the agent that loads the template engine; it is imported only where a configuration has a template.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from injector.agent.errors import TemplateError
from sealer.errors import InputError
from sealer.gotemplate import ParseError
from sealer.gotemplate.consul import Fetcher, SecretResponse, Surroundings, parse_template, render_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from injector.agent.config import TemplateSettings
    from injector.agent.container import Container
    from injector.agent.store import Asking
    from sealer.gotemplate import Template
    from sealer.gotemplate.consul import Rendered

# Templates have no name, as in the existing agent: one of their own `define` could otherwise have the same.
_PLACE: Final = re.compile(r'template: :(?:(?P<line>[0-9]+(?::[0-9]+)?):)? (?:executing "" )?')


class CustomTemplates:
    """The custom templates of a configuration.

    Args:
        templates: Those with `contents`.

    Raises:
        TemplateError: One cannot be parsed; secret and line are in the message.

    """

    def __init__(self, templates: Iterable[TemplateSettings]) -> None:
        self._parsed = [(settings, _parsed(settings)) for settings in templates]

    def render(self, asking: Asking, container: Container) -> Mapping[str, Rendered]:
        """Fetch what the templates ask for, and render them.

        Args:
            asking: The secret store.
            container: Files and environment that they may see.

        Returns:
            What each gave, by its destination.

        Raises:
            TemplateError: One cannot be rendered; secret and line are in the message.
            SealerError: What one asks for cannot be had.

        """
        fetcher = Fetcher(_Reader(asking), read_file=container.read)
        return {
            settings.destination: _rendered(settings, template, fetcher, container.environment)
            for settings, template in self._parsed
        }


class _Reader:
    """consul-template's view of the store."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def read(self, path: str, parameters: Sequence[tuple[str, str]]) -> SecretResponse:
        return SecretResponse.of_body(self._asking.ask(path, parameters))

    def write(self, path: str, data: Mapping[str, str]) -> SecretResponse | None:
        answer = self._asking.write(path, data)
        return None if answer is None else SecretResponse.of_body(answer)

    def list(self, path: str) -> Sequence[str]:
        return self._asking.names(path)


def _parsed(settings: TemplateSettings) -> Template:
    missing = settings.error_on_missing_key
    try:
        return parse_template(settings.contents or "", delims=settings.delimiters, error_on_missing_key=missing)
    except ParseError as error:
        raise _translated(settings, error) from error


def _rendered(
    settings: TemplateSettings, template: Template, fetcher: Fetcher, environment: Mapping[str, str]
) -> Rendered:
    surroundings = Surroundings(environment, settings.destination)
    try:
        return render_with(template, fetcher, surroundings=surroundings)
    except InputError as error:
        raise _translated(settings, error) from error


def _translated(settings: TemplateSettings, error: InputError) -> TemplateError:
    found = _PLACE.match(error.message)
    line = f", line {found['line']}" if found and found["line"] else ""
    said = error.message[found.end() :] if found else error.message
    return TemplateError(f"the template of {settings.name}{line}: {said}", hint=error.hint)
