"""The one place where ``spec.template.data`` is turned into items.

The Go template engine takes its place here (`render`); until then a template without actions, which stands for itself,
and null, which removes an item, are handled, and one with actions is refused rather than passed on as it is.
Semantics of the existing system from 0.40 on (reference, sealed-secrets 1.4 and 2.4): sealed items win on a clash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    rendered = {
        key: render(key, template).encode()
        for key, template in templates.items()
        if template is not None and key not in items
    }
    return {key: value for key, value in {**rendered, **items}.items() if key not in removed}


def render(key: str, template: str) -> str:
    """Render one template.

    Raises:
        TemplateError: It has actions.

    """
    if "{{" in template:
        raise TemplateError(
            f"spec.template.data.{key} holds template actions, which this version does not render",
            hint="seal the finished value, or keep the existing controller for this object",
        )
    return template
