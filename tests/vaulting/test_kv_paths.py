from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from injector.vault.kv import Mount, api_path, holds, is_gone, is_versioned, list_path, mount_of, to_answer, to_write

if TYPE_CHECKING:
    from injector.vault.verbatim import Json

V1, V2 = Mount("kv1/", versioned=False, kv=True), Mount("secret/", versioned=True, kv=True)
DEEP, TEAM = Mount("team/kv/", versioned=True, kv=True), Mount("ns1/ns2/secret/", versioned=True, kv=True)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "mount", "asked"),
    [
        ("secret/app", V2, "secret/data/app"),
        ("secret/a/b/c", V2, "secret/data/a/b/c"),
        ("secret", V2, "secret/data"),
        ("secret/data/app", V2, "secret/data/app"),
        ("secret/metadata/app", V2, "secret/metadata/app"),
        ("secret/subkeys/app", V2, "secret/subkeys/app"),
        ("secret/database", V2, "secret/data/database"),
        ("secret/data", V2, "secret/data/data"),
        ("team/kv/app", DEEP, "team/kv/data/app"),
        ("team/kv/data/app", DEEP, "team/kv/data/app"),
        ("secret/app", TEAM, "secret/data/app"),
        ("ns1/ns2/secret/app", TEAM, "ns1/ns2/secret/data/app"),
        ("kv1/app", V1, "kv1/app"),
        ("secret/app", None, "secret/app"),
    ],
)
def test_data_is_put_behind_a_mount_of_version_2_and_nowhere_else(path: str, mount: Mount | None, asked: str) -> None:
    assert api_path(path, mount) == asked


@pytest.mark.parametrize(
    ("preflight", "mount"),
    [
        ({"path": "secret/", "type": "kv", "options": {"version": "2"}}, V2),
        ({"path": "kv1/", "type": "kv", "options": {"version": "1"}}, V1),
        ({"path": "kv1/", "type": "kv", "options": None}, V1),
        ({"path": "kv1/", "type": "generic"}, V1),
        ({"path": "pki/", "type": "pki", "options": {"version": "2"}}, Mount("pki/", versioned=False)),
        ({"path": "/", "type": "kv"}, None),
        ({}, None),
    ],
)
def test_vaults_answer_says_what_is_mounted(preflight: dict[str, Json], mount: Mount | None) -> None:
    assert mount_of(preflight) == mount


def test_a_mount_holds_what_is_below_it_and_not_what_begins_like_it() -> None:
    assert holds(V2, "secret/app")
    assert holds(V2, "secret")
    assert not holds(V2, "secrets/app")


@pytest.mark.parametrize(
    ("document", "gone"),
    [
        ({"data": {"a": "b"}, "metadata": {"deletion_time": ""}}, False),
        ({"data": {"a": "b"}, "metadata": {"deletion_time": "2026-02-28T00:00:00.123456789Z"}}, True),
        ({"data": {"a": "b"}, "metadata": {"deletion_time": "2026-03-02T00:00:00Z"}}, False),
        ({"data": {"a": "b"}, "metadata": {"deletion_time": "soon"}}, False),
        ({"data": {"a": "b"}, "metadata": {"deletion_time": "2026-02-28"}}, False),
        ({"data": None, "metadata": {}}, True),
        ({"data": {}, "metadata": None}, False),
    ],
)
def test_a_deleted_version_is_gone_and_one_to_be_deleted_is_not(document: dict[str, Json], *, gone: bool) -> None:
    assert is_gone(document, NOW) is gone


def test_the_fields_of_version_2_are_inside_of_the_document() -> None:
    document: dict[str, Json] = {"data": {"user": "bob"}, "metadata": {"version": "1"}}
    assert is_versioned(V2, "secret/data/app", document)
    assert to_answer({}, document, V2, versioned=True).fields == {"user": "bob"}
    assert to_answer({}, document, V2, versioned=True).document == document


def test_a_secret_of_version_1_may_have_fields_named_data_and_metadata() -> None:
    document: dict[str, Json] = {"data": {"user": "bob"}, "metadata": {"version": "1"}}
    assert not is_versioned(V1, "kv1/app", document)
    assert to_answer({}, document, V1, versioned=False).fields == document


def test_metadata_of_version_2_has_no_versioned_data() -> None:
    assert not is_versioned(V2, "secret/metadata/app", {"data": {"a": "b"}})


def test_where_vault_tells_no_mount_the_shape_decides() -> None:
    assert is_versioned(None, "secret/data/app", {"data": {}, "metadata": {"version": "1"}})
    assert not is_versioned(None, "kv1/app", {"data": {}, "metadata": {"version": "1"}, "more": "x"})
    assert not is_versioned(None, "kv1/app", {"data": "x", "metadata": "y"})


def test_a_secret_does_not_show_its_values() -> None:
    assert "bob" not in repr(to_answer({"data": {"user": "bob"}}, {"user": "bob"}, V1, versioned=False))


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("secret", "secret/metadata"),
        ("secret/app", "secret/metadata/app"),
        ("secret/metadata", "secret/metadata"),
        ("secret/metadata/app", "secret/metadata/app"),
        ("secret/metadata-of-others", "secret/metadata/metadata-of-others"),
    ],
)
def test_names_of_version_2_are_with_its_metadata(path: str, listed: str) -> None:
    assert list_path(path, Mount("secret/", versioned=True)) == listed
    assert list_path(path, Mount("secret/", versioned=False)) == path
    assert list_path(path, None) == path


def test_a_write_to_version_2_is_wrapped() -> None:
    assert to_write({"a": "b"}, Mount("secret/", versioned=True)) == {"data": {"a": "b"}}
    assert to_write({"a": "b"}, Mount("pki/", versioned=False)) == to_write({"a": "b"}, None) == {"a": "b"}
