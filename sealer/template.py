"""The one place where ``spec.template.data`` is turned into items.

Semantics of the existing system from 0.40 on (reference, sealed-secrets 1.4 and 2.4): templates are Go's, with Sprig;
they see the unsealed items and, raw, each other's text; a sealed item wins over a template of its name; null removes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.gotemplate import Limits, Template

# A Secret holds at most 1 MiB, and a template that needs seconds is a mistake or an attack.
_MOST_BYTES: Final = 1024 * 1024
_MOST_SECONDS: Final = 2.0
_CACHED: Final = 2048


class TemplateError(InputError):
    """A template of ``spec.template.data`` cannot be rendered. Names the item, never a value."""


def render_items(templates: Mapping[str, str | None], items: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the items of the Secret.

    Args:
        templates: ``spec.template.data``: item key to template, or to None which removes the item.
        items: The unsealed items.

    Raises:
        TemplateError: A template cannot be rendered.

    """
    removed = {key for key, template in templates.items() if template is None}
    texts = {key: template for key, template in templates.items() if template is not None and key not in items}
    rendered = _render_all(texts, items) if any("{{" in text for text in texts.values()) else _plain(texts)
    return {key: value for key, value in {**rendered, **items}.items() if key not in removed}


def _plain(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Return texts without actions, which stand for themselves: the engine is not even imported for them."""
    return {key: text.encode() for key, text in texts.items()}


def _render_all(texts: Mapping[str, str], items: Mapping[str, bytes]) -> dict[str, bytes]:
    from sealer.gotemplate import decode, encode  # noqa: PLC0415  # offline sealing never needs it
    from sealer.gotemplate.values import string_map  # noqa: PLC0415  # as above

    data = dict(texts) | {key: decode(value) for key, value in items.items()}
    # A map[string]string, as in the existing controller, and one for each: no template changes what the next one sees.
    return {key: encode(_render(key, text, string_map(data))) for key, text in texts.items()}


def _render(key: str, text: str, data: Mapping[str, str]) -> str:
    from sealer.gotemplate import GoTemplateError  # noqa: PLC0415  # as above

    try:
        return _parsed(key, text).render(data, limits=_limits())
    except GoTemplateError as error:
        # `from None`: the engine's errors hold no values, and their causes need not be trusted with that.
        raise TemplateError(f"spec.template.data.{key}: {error.message}") from None


@lru_cache(_CACHED)
def _parsed(key: str, text: str) -> Template:
    from sealer.gotemplate import parse  # noqa: PLC0415  # as above
    from sealer.gotemplate.sprig import SPRIG  # noqa: PLC0415  # as above

    return parse(key, text, functions=SPRIG)


@lru_cache(1)
def _limits() -> Limits:
    from sealer.gotemplate import Limits  # noqa: PLC0415  # as above

    return Limits(output=_MOST_BYTES, seconds=_MOST_SECONDS)
