"""The seam between what was unsealed and the template engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sealer.manifest import SealedSecret, Template
from sealer.scope import Scope
from sealer.seal import seal_value
from sealer.template import TemplateError, render_items
from sealer.unseal import unseal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.certificate import Recipient
    from sealer.keyring import Keyring


def test_plain_text_stands_for_itself() -> None:
    assert render_items({"a": "plain"}, {"b": b"\xff"}) == {"a": b"plain", "b": b"\xff"}


def test_a_template_sees_the_items() -> None:
    assert render_items({"url": "x://{{ .user }}@y"}, {"user": b"u"}) == {"url": b"x://u@y", "user": b"u"}


def test_a_sealed_item_wins_on_a_clash() -> None:
    assert render_items({"a": "template"}, {"a": b"sealed"}) == {"a": b"sealed"}
    assert render_items({"a": "{{ nonsense"}, {"a": b"sealed"}) == {"a": b"sealed"}


def test_null_removes_an_item() -> None:
    assert render_items({"a": None, "missing": None}, {"a": b"x", "b": b"y"}) == {"b": b"y"}


def test_a_template_that_cannot_be_rendered_is_named_and_not_shown() -> None:
    with pytest.raises(TemplateError, match=r"spec\.template\.data\.a") as caught:
        render_items({"a": "canary {{ .x "}, {"x": b"canary"})
    assert "canary" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_another_engine_takes_the_place(recipient: Recipient, keyring: Keyring) -> None:
    def shout(templates: Mapping[str, str | None], items: Mapping[str, bytes]) -> dict[str, bytes]:
        return {key: (text or "").upper().encode() for key, text in templates.items()} | dict(items)

    value = seal_value(b"x", recipient, scope=Scope.STRICT, namespace="shop", name="db")
    sealed = SealedSecret("shop", "db", {"b": value}, template=Template(data={"a": "{{ loud }}"}))
    assert unseal(sealed, keyring, render=shout).secret.data == {"a": b"{{ LOUD }}", "b": b"x"}
