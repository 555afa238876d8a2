from __future__ import annotations

from typing import Any

from controller.manifests import Key, key_of
from controller.records import Record, Records
from controller.verdict import Reason

Json = dict[str, Any]
KEY = Key("shop", "db")
OWNED = [{"kind": "SealedSecret", "controller": True}]


def sealed(generation: int = 1, uid: str = "1", **metadata: Any) -> Json:
    return {"metadata": {"namespace": "shop", "name": "db", "uid": uid, "generation": generation, **metadata}}


def secret(version: str = "1", owners: list[Json] | None = None) -> Json:
    metadata = {"namespace": "shop", "name": "db", "resourceVersion": version}
    return {"metadata": {**metadata, "ownerReferences": OWNED if owners is None else owners}}


def settled(records: Records, version: str) -> Record:
    """Return the record of the SealedSecret after an attempt that left the Secret at `version`."""
    records.see(sealed())
    record = records.get(KEY)
    assert record is not None
    records.take_body(record)
    record.stale, record.settled = False, version
    return record


def listed(records: Records, *secrets: Json) -> list[Key]:
    """Take in a whole list of Secrets; return who is due."""
    due = [key for one in secrets for key in records.secret_listed(one, None)]
    return due + list(records.secrets_complete(frozenset(key_of(one) for one in secrets), None))


def test_a_new_object_is_due() -> None:
    assert Records().see(sealed())


def test_a_status_alone_makes_nothing_due_but_is_remembered_while_an_attempt_waits() -> None:
    records = Records()
    records.see(sealed())
    assert not records.see({**sealed(), "status": {"observedGeneration": 1}})
    record = records.get(KEY)
    assert record is not None
    assert (records.take_body(record) or {})["status"] == {"observedGeneration": 1}


def test_a_spec_or_an_annotation_makes_it_due() -> None:
    records = Records()
    records.see(sealed())
    assert records.see(sealed(generation=2))
    assert records.see(sealed(generation=2, annotations={"sealedsecrets.bitnami.com/cluster-wide": "true"}))
    assert not records.see(sealed(generation=2, annotations={"sealedsecrets.bitnami.com/cluster-wide": "true"}))


def test_a_re_created_object_is_another_one() -> None:
    records = Records()
    records.see(sealed(uid="1"))
    assert records.see(sealed(uid="2"))
    assert not records.forget(sealed(uid="1"))
    assert records.get(KEY) is not None
    assert records.forget(sealed(uid="2"))
    assert records.get(KEY) is None


def test_our_own_write_makes_nothing_due() -> None:
    records = Records()
    settled(records, "5")
    assert list(records.secret_changed(secret("5"))) == []
    assert records.is_settled(KEY)


def test_somebody_elses_write_makes_it_due() -> None:
    records = Records()
    settled(records, "5")
    assert list(records.secret_changed(secret("6"))) == [KEY]
    assert not records.is_settled(KEY)


def test_a_write_of_ours_that_is_seen_before_it_is_settled_is_due_and_then_is_not() -> None:
    records = Records()
    records.see(sealed())
    assert list(records.secret_changed(secret("5"))) == [KEY]
    settled(records, "5")
    assert records.is_settled(KEY)


def test_a_deleted_secret_makes_it_due() -> None:
    records = Records()
    settled(records, "5")
    records.secret_changed(secret("5"))
    assert list(records.secret_deleted(secret("6"))) == [KEY]
    assert not records.is_settled(KEY)


def test_a_deleted_secret_without_an_owner_is_let_go() -> None:
    records = Records()
    settled(records, "5")
    assert list(records.secret_deleted(secret("6", owners=[]))) == []


def test_secrets_of_nobody_we_know_make_nothing_due() -> None:
    records = Records()
    assert listed(records, secret("1")) == []
    assert list(records.secret_changed(secret("2"))) == []
    assert list(records.secret_deleted(secret("3"))) == []


def test_a_new_list_shows_what_changed_and_what_went_while_nobody_looked() -> None:
    records = Records()
    settled(records, "5")
    assert listed(records, secret("5")) == []
    assert listed(records, secret("6")) == [KEY]
    assert listed(records) == [KEY]
    assert listed(records) == []


def test_those_that_failed_for_a_reason_are_found() -> None:
    records = Records()
    record = settled(records, "5")
    assert records.with_reason(Reason.DECRYPT_FAILED) == []
    record.reason = Reason.DECRYPT_FAILED
    assert records.with_reason(Reason.DECRYPT_FAILED) == [KEY]
    assert record.stale
