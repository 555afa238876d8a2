"""Resealing offline: the core of `/v1/rotate`, and of the command line's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealer.certificate import Recipient
from sealer.errors import InputError
from sealer.manifest import SealedSecret, Template
from sealer.reseal import reseal
from sealer.scope import CLUSTER_WIDE_ANNOTATION, Scope
from sealer.unseal import ItemsNotOpenedError, MalformedItemsError, open_items
from tests.reconciling.samples import NOW, key, keyring, sealed

NEWEST = Recipient.from_pem(key(1).certificate_pem(), now=NOW)
RING = keyring(0, 1)


def sample(data: dict[str, str] | None = None, *, with_key: int = 0, scope: Scope = Scope.STRICT) -> SealedSecret:
    return SealedSecret.from_manifest(sealed(data, with_key=with_key, scope=scope))


def values(resealed: SealedSecret) -> dict[str, bytes]:
    return {name: opened.plaintext for name, opened in open_items(resealed, keyring(1)).items()}


@pytest.mark.parametrize("scope", Scope)
def test_every_value_is_under_the_newest_key_and_in_the_same_scope(scope: Scope) -> None:
    resealed = reseal(sample({"a": "x", "b": ""}, scope=scope), RING, NEWEST)
    assert values(resealed) == {"a": b"x", "b": b""}
    assert resealed.scope is scope


def test_doing_it_again_changes_nothing() -> None:
    once = reseal(sample(), RING, NEWEST)
    assert reseal(once, RING, NEWEST) == once


def test_the_scope_of_the_template_is_not_asked() -> None:
    template = Template(metadata={"annotations": {CLUSTER_WIDE_ANNOTATION: "true"}})
    resealed = reseal(replace(sample(), template=template), RING, NEWEST)
    assert resealed.template == template
    assert values(resealed) == {"password": b"hunter2"}
    with pytest.raises(ItemsNotOpenedError):
        open_items(replace(resealed, name="other"), RING)


def test_without_items_only_the_hints_change() -> None:
    empty = replace(sample(), encrypted_data={})
    resealed = reseal(empty, RING, NEWEST)
    assert resealed.encrypted_data == {}
    assert resealed.annotations["sealer.dev/sealed-with"] == NEWEST.fingerprint


def test_all_items_that_do_not_open_are_named() -> None:
    moved = replace(sample({"a": "x", "b": "y"}), name="other")
    with pytest.raises(ItemsNotOpenedError, match=r"\(a, b\)"):
        reseal(moved, RING, NEWEST)
    with pytest.raises(MalformedItemsError, match="item c is"):
        reseal(replace(moved, encrypted_data={"c": "AAAA"}), RING, NEWEST)


def test_the_deprecated_form_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be resealed"):
        reseal(replace(sample(), encrypted_data={}, legacy_data="AAAA"), RING, NEWEST)
