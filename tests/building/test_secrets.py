"""From a generator and what a store holds to the Secret."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from injector.kustomize.build import build
from injector.kustomize.errors import GeneratorError
from injector.kustomize.generator import Generator, Item, TokenLogin, VaultSource
from injector.providers import Json, Number, StoredSecret

VAULT = VaultSource(TokenLogin(None))


def stored(**fields: Json) -> dict[str, StoredSecret]:
    return {"secret/db": StoredSecret(fields, fields)}


def generator(*items: Item, **more: Any) -> Generator:
    return Generator("app", VAULT, items or (Item("secret/db"),), **more)


def one(field: str, **more: Any) -> Item:
    return Item("secret/db", "key", field, **more)


def test_a_field_becomes_an_item() -> None:
    assert build(generator(one("user")), stored(user="bob", other="x")).data == {"key": b"bob"}


def test_a_path_alone_gives_every_field() -> None:
    assert build(generator(), stored(user="bob", n=Number("7"))).data == {"user": b"bob", "n": b"7"}


@pytest.mark.parametrize(
    ("value", "item"),
    [
        ("", b""),
        ("żółć\n", "żółć\n".encode()),
        (Number("12345678901234567890"), b"12345678901234567890"),
        (Number("1.50"), b"1.50"),
        (True, b"true"),
        (None, b"null"),
        ({"b": [Number("1e5"), None], "a": "<ż>"}, '{"a":"<ż>","b":[1e5,null]}'.encode()),
    ],
)
def test_strings_stay_and_everything_else_becomes_json(value: Json, item: bytes) -> None:
    assert build(generator(one("f")), stored(f=value)).data == {"key": item}


def test_base64_gives_the_bytes_that_it_stands_for() -> None:
    raw = bytes(range(256))
    text = base64.encodebytes(raw).decode()
    assert build(generator(one("f", base64=True)), stored(f=text)).data == {"key": raw}


def test_what_is_not_base64_is_named_and_not_shown() -> None:
    with pytest.raises(GeneratorError, match="item key from secret/db: the field f is not base64") as caught:
        build(generator(one("f", base64=True)), stored(f="canary!"))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_field_is_named_with_those_that_are_there() -> None:
    with pytest.raises(GeneratorError, match="item key from secret/db: the secret has no field pw") as caught:
        build(generator(one("pw")), stored(user="canary", password="canary"))
    assert caught.value.hint == "it has: password, user"


def test_a_secret_without_fields_is_an_error() -> None:
    with pytest.raises(GeneratorError, match="all items from secret/db: the secret has no field"):
        build(generator(), stored())


def test_two_items_of_one_key_are_an_error() -> None:
    with pytest.raises(GeneratorError, match="all items from secret/db: there is an item key already"):
        build(generator(one("user"), Item("secret/db")), stored(user="x", key="y"))


@pytest.mark.parametrize("name", ["a b", "ä", "a/b", "", "..", "x" * 254])
def test_a_field_whose_name_is_no_item_key_is_an_error(name: str) -> None:
    with pytest.raises(GeneratorError, match="cannot be an item key"):
        build(generator(), stored(**{name: "x"}))


def test_names_labels_type_and_immutable_are_those_of_the_generator() -> None:
    made = generator(one("f"), namespace="web", labels={"a": "b"}, annotations={"c": "d"}, immutable=True)
    assert build(made, stored(f="v")).to_manifest() == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "app",
            "namespace": "web",
            "labels": {"a": "b"},
            "annotations": {"c": "d", "kustomize.config.k8s.io/needs-hash": "true"},
        },
        "type": "Opaque",
        "immutable": True,
        "data": {"key": "dg=="},
    }


def test_without_a_hash_there_is_no_annotation() -> None:
    assert build(generator(hash_suffix=False), stored(f="v")).annotations == {}


def test_behavior_is_told_to_kustomize() -> None:
    secret = build(generator(behavior="merge"), stored(f="v"))
    assert secret.annotations["kustomize.config.k8s.io/behavior"] == "merge"


def test_what_a_type_requires_has_to_be_there() -> None:
    with pytest.raises(GeneratorError, match=r"SecretGenerator app: .*tls\.key") as caught:
        build(generator(Item("secret/db", "tls.crt", "f"), type="kubernetes.io/tls"), stored(f="v"))
    assert caught.value.hint == "add it to spec.data"


def test_merging_may_add_a_part_of_what_a_type_requires() -> None:
    made = generator(Item("secret/db", "tls.crt", "f"), type="kubernetes.io/tls", behavior="merge")
    assert build(made, stored(f="v")).data == {"tls.crt": b"v"}


def test_more_than_a_secret_may_hold_is_an_error() -> None:
    build(generator(), stored(f="x" * (1 << 20)))
    with pytest.raises(GeneratorError, match="1 MiB"):
        build(generator(), stored(f="x" * (1 << 20), g="y"))
