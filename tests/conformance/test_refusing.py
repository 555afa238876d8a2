"""What does not open: other keys, names, namespaces; and what each scope allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from sealer import wire
from sealer.scope import Scope
from sealer.wire.rsa import hybrid_encrypt
from tests.conformance.subject import moved

if TYPE_CHECKING:
    from tests.conformance.subject import Place

DATA = {"a": "1"}


def test_a_value_of_another_key_is_refused(place: Place) -> None:
    """RSA-1024, as the existing system's suite has it: its ciphertext has another length than any key's modulus."""
    stranger = generate_private_key(65537, 1024).public_key()  # noqa: S505  # weak on purpose, see above
    manifest = place.sealed("db", DATA)
    value = hybrid_encrypt(stranger, b"1", f"{place.namespace}/db".encode())
    manifest["spec"]["encryptedData"]["a"] = wire.encode(value)
    place.apply(manifest)
    place.assert_refused("db")


def test_under_strict_scope_another_name_is_refused(place: Place) -> None:
    place.apply(moved(place.sealed("db", DATA), name="other"))
    place.assert_refused("other")


def test_under_strict_scope_another_namespace_is_refused(place: Place) -> None:
    place.apply(moved(place.sealed("db", DATA), namespace=place.other))
    place.assert_refused("db", place.other)


def test_under_namespace_wide_scope_another_name_opens(place: Place) -> None:
    place.apply(moved(place.sealed("db", DATA, scope=Scope.NAMESPACE_WIDE), name="other"))
    place.wait_for_data("other", DATA)


def test_under_namespace_wide_scope_another_namespace_is_refused(place: Place) -> None:
    place.apply(moved(place.sealed("db", DATA, scope=Scope.NAMESPACE_WIDE), namespace=place.other))
    place.assert_refused("db", place.other)


@pytest.mark.parametrize("name", ["db", "other"])
def test_under_cluster_wide_scope_another_name_and_namespace_open(place: Place, name: str) -> None:
    place.apply(moved(place.sealed("db", DATA, scope=Scope.CLUSTER_WIDE), name=name, namespace=place.other))
    place.wait_for_data(name, DATA, place.other)


def test_an_annotation_does_not_widen_what_was_sealed_strictly(place: Place) -> None:
    manifest = moved(place.sealed("db", DATA), name="other")
    manifest["metadata"]["annotations"] = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
    place.apply(manifest)
    place.assert_refused("other")


def test_a_refused_one_that_is_sealed_again_is_synced(place: Place) -> None:
    place.apply(moved(place.sealed("db", DATA), name="other"))
    place.assert_refused("other")
    place.apply(place.sealed("other", DATA))
    place.wait_for_data("other", DATA)
    assert place.wait_for_synced("other", generation=2).get("message", "") == ""


@pytest.mark.deviation("the existing controller ignores a change that is not in the spec")
def test_a_scope_annotation_that_is_added_later_is_seen(place: Place) -> None:
    manifest = place.sealed("db", DATA, scope=Scope.CLUSTER_WIDE)
    annotations = manifest["metadata"].pop("annotations")
    place.apply(manifest)
    place.assert_refused("db")
    place.let_retries_pass()
    place.annotate("db", **annotations)
    place.wait_for_data("db", DATA)
    place.wait_for_synced("db")


@pytest.mark.deviation("the existing controller never writes another message for the same generation")
def test_a_message_belongs_to_the_newest_attempt(place: Place) -> None:
    place.make_secret("db", {"theirs": "1"})
    place.apply(moved(place.sealed("other", DATA, scope=Scope.CLUSTER_WIDE), name="db"))
    assert "not managed" in place.wait_for_synced("db", "False")["message"]
    place.let_retries_pass()
    # The scope that it was sealed under goes, and the generation stays.
    place.annotate("db", **{"sealedsecrets.bitnami.com/cluster-wide": "false"})
    place.wait_for("the new message", lambda: "no key could decrypt" in place.status("db")["message"])
    assert place.status("db")["observedGeneration"] == 1
