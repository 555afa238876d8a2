"""A Secret of the name is there already: whose it is, and what the annotations on it allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.cluster import MERGE_PATCH

if TYPE_CHECKING:
    from tests.conformance.subject import Place

MANAGED = "sealedsecrets.bitnami.com/managed"
PATCH = "sealedsecrets.bitnami.com/patch"
SKIP = "sealedsecrets.bitnami.com/skip-set-owner-references"


def annotated(*names: str) -> dict[str, dict[str, str]]:
    return {"annotations": dict.fromkeys(names, "true")}


def owners(place: Place, name: str) -> list[str]:
    found = place.secret(name)
    assert found is not None
    return [owner["name"] for owner in found["metadata"].get("ownerReferences", [])]


def test_a_secret_of_somebody_else_is_left_alone(place: Place) -> None:
    place.make_secret("db", {"theirs": "1"})
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_synced("db", "False")
    message = place.wait_for_event("db", "ErrUpdateFailed")
    assert message.startswith('Resource "db" already exists and is not managed by SealedSecret')
    assert (place.data("db"), owners(place, "db")) == ({"theirs": "1"}, [])


def test_a_managed_one_is_taken_over(place: Place) -> None:
    place.make_secret("db", {"theirs": "1"}, **annotated(MANAGED))
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1"})
    place.wait_for_synced("db")
    assert owners(place, "db") == ["db"]


def test_a_managed_one_to_be_patched_is_merged_and_taken_over(place: Place) -> None:
    labels = {"labels": {"theirs": "yes", "both": "theirs"}}
    place.make_secret("db", {"theirs": "1", "both": "theirs"}, **annotated(MANAGED, PATCH), **labels)
    place.apply(place.sealed("db", {"a": "1", "both": "ours"}, metadata={"labels": {"both": "ours"}}))
    place.wait_for_data("db", {"a": "1", "both": "ours", "theirs": "1"})
    found = place.secret("db")
    assert found is not None
    assert found["metadata"]["labels"].items() >= {"theirs": "yes", "both": "ours"}.items()
    assert found["metadata"]["annotations"].items() >= {MANAGED: "true", PATCH: "true"}.items()
    assert owners(place, "db") == ["db"]


def test_one_to_be_patched_is_merged_and_stays_somebody_elses(place: Place) -> None:
    place.make_secret("db", {"theirs": "1"}, **annotated(PATCH))
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1", "theirs": "1"})
    place.wait_for_synced("db")
    assert owners(place, "db") == []


def test_an_empty_one_to_be_patched_is_filled(place: Place) -> None:
    place.make_secret("db", {}, **annotated(PATCH))
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1"})
    assert owners(place, "db") == []


def test_one_that_is_controlled_is_made_again_when_deleted(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1"})
    place.delete_secret("db")
    place.wait_for_data("db", {"a": "1"})


def test_an_unowned_one_that_is_managed_is_made_again_when_deleted(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}, metadata=annotated(SKIP, MANAGED)))
    place.wait_for_data("db", {"a": "1"})
    assert owners(place, "db") == []
    place.delete_secret("db")
    place.wait_for_data("db", {"a": "1"})


@pytest.mark.parametrize("more", [(), (PATCH,)], ids=["unowned", "unowned and patched"])
def test_an_unowned_one_is_not_made_again_when_deleted(place: Place, more: tuple[str, ...]) -> None:
    place.apply(place.sealed("db", {"a": "1"}, metadata=annotated(SKIP, *more)))
    place.wait_for_data("db", {"a": "1"})
    place.let_retries_pass()
    place.delete_secret("db")
    place.pass_a_deletion()
    assert place.secret("db") is None


@pytest.mark.deviation("the existing controller refuses the very Secret that it has made without an owner reference")
def test_an_unowned_one_that_it_made_is_synced(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}, metadata=annotated(SKIP)))
    place.wait_for_data("db", {"a": "1"})
    place.wait_for_synced("db")
    place.apply(place.sealed("db", {"a": "2"}, metadata=annotated(SKIP)))
    place.wait_for_data("db", {"a": "2"})
    assert owners(place, "db") == []


def test_an_immutable_one_is_made(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}, immutable=True))
    place.wait_for_data("db", {"a": "1"})
    found = place.secret("db")
    assert found is not None
    assert found["immutable"] is True


def test_an_immutable_one_that_should_change_is_told(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}, immutable=True))
    place.wait_for_synced("db")
    place.apply(place.sealed("db", {"a": "2"}, immutable=True))
    assert "the target Secret is immutable" in place.wait_for_event("db", "ErrUpdateFailed")
    place.wait_for_synced("db", "False", generation=2)
    assert place.data("db") == {"a": "1"}


def test_a_secret_goes_with_its_sealed_secret(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1"})
    path = f"/apis/bitnami.com/v1alpha1/namespaces/{place.namespace}/sealedsecrets/db"
    place.subject.cluster.request("DELETE", path)
    # The garbage collector takes up to 30 seconds to notice a CRD that is new.
    place.wait_for("the Secret is collected", lambda: place.secret("db") is None, at_least=90)


@pytest.mark.deviation("the existing controller tries five times within 200 ms, and then not until the spec changes")
def test_one_that_is_given_away_later_is_taken_over(place: Place) -> None:
    place.make_secret("db", {"theirs": "1"})
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_synced("db", "False")
    place.let_retries_pass()
    path = f"/api/v1/namespaces/{place.namespace}/secrets/db"
    place.subject.cluster.request("PATCH", path, {"metadata": annotated(MANAGED)}, MERGE_PATCH)
    # A Secret of somebody else's is looked at now and then only: a touched SealedSecret is looked at now.
    place.annotate("db", touched="yes")
    place.wait_for_data("db", {"a": "1"})
    place.wait_for_synced("db")
