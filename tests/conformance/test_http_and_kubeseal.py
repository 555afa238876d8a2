"""The real kubeseal against the controller, and the answers that it relies on."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.subject import moved

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.conformance.subject import Place, Subject

    Kubeseal = Callable[..., subprocess.CompletedProcess[bytes]]


def secret(place: Place, name: str) -> bytes:
    metadata = {"name": name, "namespace": place.namespace, "labels": {"app": "shop"}}
    return json.dumps(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": "p4ss"}}
    ).encode()


def encoded(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest).encode()


def output(done: subprocess.CompletedProcess[bytes]) -> bytes:
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("scope", ["strict", "namespace-wide", "cluster-wide"])
def test_what_kubeseal_sealed_is_synced(place: Place, kubeseal: Kubeseal, scope: str) -> None:
    sealed = json.loads(output(kubeseal("--scope", scope, stdin=secret(place, "db"))))
    place.apply(sealed)
    place.wait_for_data("db", {"password": "p4ss"})
    found = place.secret("db")
    assert found is not None
    assert found["metadata"]["labels"]["app"] == "shop"


def test_kubeseal_fetches_the_certificate_of_the_newest_key(subject: Subject, kubeseal: Kubeseal) -> None:
    assert output(kubeseal("--fetch-cert")).strip() == subject.newest_certificate().strip()


def test_kubeseal_opens_with_a_backup_of_the_keys(place: Place, kubeseal: Kubeseal, tmp_path: Path) -> None:
    backup = tmp_path / "keys.json"
    backup.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": place.subject.keys()}))
    sealed = encoded(place.sealed("db", {"password": "p4ss"}))
    opened = json.loads(output(kubeseal("--recovery-unseal", "--recovery-private-key", str(backup), stdin=sealed)))
    assert base64.b64decode(opened["data"]["password"]) == b"p4ss"


def test_kubeseal_validates(place: Place, kubeseal: Kubeseal) -> None:
    sealed = place.sealed("db", {"password": "p4ss"})
    assert output(kubeseal("--validate", stdin=encoded(sealed))) == b""
    refused = kubeseal("--validate", stdin=encoded(moved(sealed, name="other")))
    assert refused.returncode == 1
    assert b"unable to decrypt sealed secret" in refused.stderr


def test_verify_tells_by_its_status_alone(place: Place) -> None:
    sealed = place.sealed("db", {"password": "p4ss"})
    right = place.subject.ask("POST", "/v1/verify", encoded(sealed))
    wrong = place.subject.ask("POST", "/v1/verify", encoded(moved(sealed, name="other")))
    assert [(right.status, right.body), (wrong.status, wrong.body)] == [(200, b""), (409, b"")]


def test_verify_renders_no_template(place: Place) -> None:
    """A stranger's template over opened values would tell them bit by bit (reference, sealed-secrets 8)."""
    sealed = place.sealed("db", {"password": "p4ss"})
    sealed["spec"]["template"]["data"] = {"x": '{{ fail "rendered" }}'}
    assert place.subject.ask("POST", "/v1/verify", encoded(sealed)).status == 200


@pytest.mark.deviation("the existing controller says 500 of what is no SealedSecret")
@pytest.mark.parametrize("body", [b"", b"no manifest", b'{"kind": "Secret", "apiVersion": "v1"}'])
def test_verify_says_that_the_question_is_bad(subject: Subject, body: bytes) -> None:
    assert subject.ask("POST", "/v1/verify", body).status == 400


@pytest.mark.deviation("the existing controller takes every method on every path")
def test_verify_is_asked_by_post_only(subject: Subject) -> None:
    assert subject.ask("GET", "/v1/verify").status == 405


def test_kubeseal_seals_again_to_the_newest_key(place: Place, kubeseal: Kubeseal) -> None:
    sealed = place.sealed("db", {"password": "p4ss"})
    again = json.loads(output(kubeseal("--re-encrypt", stdin=encoded(sealed))))
    assert again["metadata"]["name"] == "db"
    place.apply(again)
    place.wait_for_data("db", {"password": "p4ss"})


def test_rotate_does_not_widen_a_scope_that_only_the_template_asks_for(place: Place) -> None:
    """CVE-2026-22728 of the existing system."""
    sealed = place.sealed("db", {"password": "p4ss"})
    sealed["spec"]["template"]["metadata"]["annotations"] = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
    again = place.subject.ask("POST", "/v1/rotate", encoded(sealed)).json
    again = {**again, "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret"}
    place.apply(moved(again, name="stolen"))
    place.assert_refused("stolen")


def test_rotate_renders_no_template(place: Place) -> None:
    sealed = place.sealed("db", {"password": "p4ss"})
    sealed["spec"]["template"]["data"] = {"x": '{{ fail "rendered" }}'}
    assert place.subject.ask("POST", "/v1/rotate", encoded(sealed)).status == 200


@pytest.mark.deviation("the existing controller's answer lacks kind and apiVersion, and some of what it was sent")
def test_rotate_keeps_all_but_the_values(place: Place) -> None:
    sealed = place.sealed("db", {"password": "p4ss"}, metadata={"labels": {"app": "shop"}})
    sealed["metadata"]["labels"] = {"of": "the SealedSecret"}
    sealed["spec"]["template"]["data"] = {"url": "db://{{ .password }}"}
    answer = place.subject.ask("POST", "/v1/rotate", encoded(sealed))
    assert answer.headers["content-type"].startswith("application/json")
    again = answer.json
    assert (again["apiVersion"], again["kind"]) == ("bitnami.com/v1alpha1", "SealedSecret")
    assert again["metadata"]["labels"] == sealed["metadata"]["labels"]
    assert again["spec"]["template"] == sealed["spec"]["template"]


@pytest.mark.deviation("the existing controller says 500 of what it cannot open")
def test_rotate_says_that_it_cannot_open(place: Place) -> None:
    sealed = moved(place.sealed("db", {"password": "p4ss"}), name="other")
    assert place.subject.ask("POST", "/v1/rotate", encoded(sealed)).status == 409
