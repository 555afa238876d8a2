"""`/v1/rotate`: all values under the newest key, all else as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sealer.keyring import Keyring
from sealer.manifest import SealedSecret
from sealer.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, Scope
from sealer.unseal import open_items
from tests.reconciling.samples import key, keyring, sealed
from tests.serving.asking import ask
from tests.serving.test_verifying import NO_SEALED_SECRETS

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.asyncio
OLD_AND_NEW = (0, 1)


async def rotated(manifest: object, ring: Keyring | None = None) -> httpx.Response:
    ring = keyring(*OLD_AND_NEW) if ring is None else ring
    return await ask("POST", "/v1/rotate", ring, content=json.dumps(manifest))


def opened(manifest: Any, *numbers: int) -> dict[str, bytes]:
    items = open_items(SealedSecret.from_manifest(manifest), keyring(*numbers))
    return {name: value.plaintext for name, value in items.items()}


async def test_every_value_opens_with_the_newest_key_alone() -> None:
    answer = await rotated(sealed({"password": "hunter2", "empty": "", "long": "x" * 10_000}))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert opened(answer.json(), 1) == {"password": b"hunter2", "empty": b"", "long": b"x" * 10_000}


async def test_it_is_one_line_of_json_with_its_kind() -> None:
    answer = await rotated(sealed())
    assert answer.text.endswith("\n")
    assert "\n" not in answer.text[:-1]
    assert (answer.json()["apiVersion"], answer.json()["kind"]) == ("bitnami.com/v1alpha1", "SealedSecret")


async def test_yaml_is_read_too() -> None:
    answer = await ask("POST", "/v1/rotate", keyring(*OLD_AND_NEW), content=yaml.safe_dump(sealed()))
    assert opened(answer.json(), 1) == {"password": b"hunter2"}


async def test_template_labels_and_annotations_stay() -> None:
    template = {
        "type": "kubernetes.io/basic-auth",
        "immutable": True,
        "metadata": {"labels": {"app": "shop"}, "annotations": {"note": "ß"}, "finalizers": ["a/b"]},
        "data": {"config": "user={{ .user }}\n", "removed": None},
    }
    before = sealed({"user": "u", "password": "p"}, template=template)
    before["metadata"]["labels"] = {"team": "shop"}
    before["metadata"]["annotations"] |= {"sealedsecrets.bitnami.com/managed": "true"}
    after = (await rotated(before)).json()
    assert after["spec"]["template"] == before["spec"]["template"]
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    hints = {"sealer.dev/sealed-with": key(1).fingerprint, "sealer.dev/sealed-for": "strict:shop/db"}
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"] | hints


async def test_a_template_is_not_rendered() -> None:
    before = sealed(template={"data": {"x": "{{ .password }}{{ fail .password }}"}})
    answer = await rotated(before)
    assert answer.json()["spec"]["template"] == before["spec"]["template"]


async def test_status_and_what_the_server_wrote_are_left_out() -> None:
    before = sealed()
    before["status"] = {"conditions": [{"type": "Synced", "status": "True"}]}
    last = "kubectl.kubernetes.io/last-applied-configuration"
    before["metadata"] |= {"managedFields": [{"manager": "x"}], "creationTimestamp": "2026-01-01T00:00:00Z"}
    before["metadata"]["annotations"] |= {last: "{}"}
    after = (await rotated(before)).json()
    assert set(after) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(after["metadata"]) == {"name", "namespace", "annotations"}
    assert last not in after["metadata"]["annotations"]


async def test_values_under_the_newest_key_stay_byte_for_byte() -> None:
    old, new = sealed({"old": "o"}), sealed({"new": "n"}, with_key=1)
    mixed = {**old, "spec": {**old["spec"], "encryptedData": {}}}
    mixed["spec"]["encryptedData"] = old["spec"]["encryptedData"] | new["spec"]["encryptedData"]
    once = (await rotated(mixed)).json()
    assert once["spec"]["encryptedData"]["new"] == mixed["spec"]["encryptedData"]["new"]
    assert once["spec"]["encryptedData"]["old"] != mixed["spec"]["encryptedData"]["old"]
    assert opened(once, 1) == {"old": b"o", "new": b"n"}
    assert (await rotated(once)).json() == once


@pytest.mark.parametrize("scope", Scope)
async def test_the_scope_stays(scope: Scope) -> None:
    before = sealed(scope=scope)
    after = (await rotated(before)).json()
    assert opened(after, 1) == {"password": b"hunter2"}
    assert SealedSecret.from_manifest(after).scope is scope


@pytest.mark.parametrize("annotation", [CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION])
async def test_a_template_cannot_widen_the_scope(annotation: str) -> None:
    """CVE-2026-22728: a strict value must not come back as one that opens elsewhere."""
    before = sealed(template={"metadata": {"annotations": {annotation: "true"}}})
    after = (await rotated(before)).json()
    assert opened(after, 1) == {"password": b"hunter2"}
    moved = {**after, "metadata": {**after["metadata"], "name": "other"}}
    for claimed in ({}, {annotation: "true"}):
        moved["metadata"]["annotations"] = claimed
        assert (await rotated(moved)).status_code == 409


async def test_a_scope_that_the_values_do_not_have_is_a_conflict() -> None:
    widened = sealed()
    widened["metadata"]["annotations"] = {CLUSTER_WIDE_ANNOTATION: "true"}
    answer = await rotated(widened)
    assert (answer.status_code, answer.text) == (409, "no key could decrypt secret (password)\n")


async def test_what_was_moved_is_told_by_its_hint() -> None:
    moved = sealed()
    moved["metadata"]["name"] = "other"
    answer = await rotated(moved)
    assert answer.status_code == 409
    assert answer.text == (
        "no key could decrypt secret (password)\n"
        "hint: it was sealed for shop/db under strict scope, and is shop/other under strict\n"
    )


async def test_clients_of_kubernetes_are_refused_in_its_own_form() -> None:
    moved = sealed()
    moved["metadata"]["name"] = "other"
    accepts = {"Accept": "application/json, */*"}
    answer = await ask("POST", "/v1/rotate", content=json.dumps(moved), headers=accepts)
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert (told["kind"], told["apiVersion"], told["status"], told["code"]) == ("Status", "v1", "Failure", 409)
    assert told["message"].startswith("no key could decrypt secret (password) (it was sealed for shop/db")


async def test_a_malformed_value_is_a_conflict() -> None:
    broken = sealed()
    broken["spec"]["encryptedData"]["password"] = "AAAA"
    answer = await rotated(broken)
    assert answer.status_code == 409
    assert answer.text.startswith("item password is ")


async def test_the_deprecated_form_is_refused_clearly() -> None:
    legacy = sealed()
    legacy["spec"] = {"data": legacy["spec"]["encryptedData"]["password"]}
    answer = await rotated(legacy)
    assert (answer.status_code, answer.text) == (
        400,
        "the deprecated field 'data' cannot be resealed\nhint: seal the Secret anew, which writes encryptedData\n",
    )


@pytest.mark.parametrize("body", NO_SEALED_SECRETS, ids=lambda body: repr(body[:20]))
async def test_what_is_no_sealed_secret_is_a_bad_request(body: bytes) -> None:
    assert (await ask("POST", "/v1/rotate", content=body)).status_code == 400


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
async def test_a_number_that_json_does_not_have_is_a_bad_request(number: str) -> None:
    body = json.dumps(sealed()).replace('"generation": 1', f'"other": {number}')
    assert number in body
    assert (await ask("POST", "/v1/rotate", content=body)).status_code == 400


async def test_without_a_key_nothing_can_be_sealed() -> None:
    answer = await rotated(sealed(), Keyring.of(()))
    assert (answer.status_code, answer.text) == (503, "there is no sealing key\n")
