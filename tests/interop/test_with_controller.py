"""The real controller opens what we seal, and `sealer` talks to it as kubeseal does."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from deploy.local.http import StatusError
from deploy.local.peers import kubeseal as kubeseal_in_cluster
from sealer.errors import InputError
from sealer.manifest import Secret
from sealer.seal import check_sealable
from tests.interop.conftest import EVERYTHING, LARGE, SCOPES, SEALER, SIZES, cert, items_of, sealer, secret
from tests.support.vectors import certificate_pem

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from tests.interop.conftest import Peer


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scope", SCOPES)
def test_the_controller_opens_ours(peer: Peer, size: str, scope: str) -> None:
    name, form = f"ours-{size}-{scope}", "json" if scope == "strict" else "yaml"
    manifest = json.dumps(secret(EVERYTHING, name, peer.namespace))
    sealed = sealer("seal", "--cert", cert(size), "--scope", scope, "-o", form, stdin=manifest)
    status = peer.make(sealed)["status"]
    assert status["conditions"][0]["status"] == "True", status
    assert items_of(peer.secret(name)) == EVERYTHING


def test_the_controller_opens_a_mebibyte(peer: Peer) -> None:
    manifest = json.dumps(secret(LARGE, "large", peer.namespace))
    peer.make(sealer("seal", "--cert", cert("rsa-4096"), "-o", "json", stdin=manifest))
    assert items_of(peer.secret("large")) == LARGE


def test_the_controller_refuses_ours_under_another_name_as_we_say_it_would(peer: Peer) -> None:
    manifest = json.dumps(secret({"a": b"b"}, "strict", peer.namespace))
    sealed = sealer("seal", "--cert", cert("rsa-4096"), stdin=manifest).replace("  name: strict", "  name: renamed", 1)
    condition = peer.make(sealed)["status"]["conditions"][0]
    assert (condition["status"], condition["message"]) == ("False", "no key could decrypt secret (a)")


TYPES = {
    "Opaque": {"a": b"b"},
    "kubernetes.io/dockercfg": {".dockercfg": b"{}"},
    "kubernetes.io/dockerconfigjson": {".dockerconfigjson": b"{}"},
    "kubernetes.io/basic-auth": {"username": b"u", "password": b"p"},
    "kubernetes.io/ssh-auth": {"ssh-privatekey": b"k"},
    "kubernetes.io/tls": {"tls.crt": b"c", "tls.key": b"k"},
    "kubernetes.io/service-account-token": {"extra": b"x"},
    "bootstrap.kubernetes.io/token": {"token-id": b"abcdef", "token-secret": b"0123456789abcdef"},
}


@pytest.mark.parametrize("kind", TYPES)
def test_the_api_server_takes_every_type_that_we_sealed(peer: Peer, kind: str) -> None:
    name = f"type-{kind.rpartition('/')[2].lower()}"
    metadata = {
        "name": name,
        "namespace": peer.namespace,
        "labels": {"app": "db"},
        "annotations": {"kubernetes.io/service-account.name": "default"},
    }
    manifest = secret(TYPES[kind], name, peer.namespace) | {"type": kind, "metadata": metadata, "immutable": True}
    peer.make(sealer("seal", "--cert", cert("rsa-4096"), stdin=json.dumps(manifest)))
    made = peer.secret(name)
    assert (made["type"], made["immutable"], made["metadata"]["labels"]) == (kind, True, {"app": "db"})
    assert items_of(made).items() >= TYPES[kind].items()


def test_sealer_fetches_the_newest_certificate_through_the_service_proxy(peer: Peer) -> None:
    assert sealer("cert", *peer.controller, environment=peer.environment) == certificate_pem("rsa-4096").decode()


def test_sealer_seals_without_a_certificate_and_the_secret_is_made(peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "password.txt").write_bytes(b"hunter2")
    source = ("--name", "by-file", "--namespace", peer.namespace, "--from-file", str(tmp_path / "password.txt"))
    peer.make(sealer("seal", *peer.controller, *source, environment=peer.environment))
    assert items_of(peer.secret("by-file")) == {"password.txt": b"hunter2"}


def test_sealer_verifies_with_the_controller_however_many_there_are(peer: Peer) -> None:
    """The controller answers two a second and then 429: six take more than one round."""
    one = sealer("seal", "--cert", cert("rsa-2048"), stdin=json.dumps(secret({"a": b"b"}, "v", peer.namespace)))
    said = sealer("verify", *peer.controller, stdin=one * 6, environment=peer.environment)
    assert said.count(f"SealedSecret {peer.namespace}/v opens") == 6


def test_sealer_says_which_the_controller_cannot_open(peer: Peer) -> None:
    one = sealer("seal", "--cert", cert("rsa-2048"), stdin=json.dumps(secret({"a": b"b"}, "v", peer.namespace)))
    moved = one.replace(f"  namespace: {peer.namespace}", "  namespace: elsewhere", 1)
    done = subprocess.run(
        [SEALER, "verify", *peer.controller],
        input=(moved + one).encode(),
        env=peer.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 5
    assert b"stdin, document 1, line 2: SealedSecret elsewhere/v: the controller cannot open it" in done.stderr
    assert f"hint: it was sealed for {peer.namespace}/v".encode() in done.stderr
    assert done.stdout.count(b" opens") == 1


def test_a_controller_that_is_not_there_is_named(peer: Peer) -> None:
    command = [SEALER, "cert", "--controller-name", "nobody", *peer.controller]
    done = subprocess.run(command, env=peer.environment, capture_output=True, check=False)
    assert done.returncode == 6
    assert f"error: there is no Service {peer.namespace}/nobody\nhint: ".encode() in done.stderr


def test_a_user_without_rights_is_told_so(peer: Peer) -> None:
    peer.cluster.create_service_account(peer.namespace, "nobody")
    kubeconfig = peer.cluster.service_account_kubeconfig(peer.namespace, "nobody")
    command = [SEALER, "cert", "--kubeconfig", str(kubeconfig), *peer.controller]
    done = subprocess.run(command, env=peer.environment, capture_output=True, check=False)
    assert done.returncode == 6
    assert b"not permitted (403)" in done.stderr


def test_we_open_what_kubeseal_sealed_with_a_backup_of_the_controllers_keys(peer: Peer, parts: Parts) -> None:
    manifest = json.dumps(secret(EVERYTHING, "theirs", peer.namespace))
    sealed = kubeseal_in_cluster(peer.cluster, parts, *peer.controller, input=manifest)
    selector = "sealedsecrets.bitnami.com/sealed-secrets-key"
    backup = peer.cluster.kubectl("get", "secret", "-n", peer.namespace, "-l", selector, "-o", "yaml")
    (peer.cluster.folder / "backup.yaml").write_text(backup)
    opened = sealer("unseal", "--key", str(peer.cluster.folder / "backup.yaml"), stdin=sealed)
    assert items_of(yaml.safe_load(opened)) == EVERYTHING


NAMES = ["a", "a.b", "a-b", "1", "A", "a_b", "-a", "a-", "a..b", ".a", "a" * 253, "a" * 254]
ITEM_KEYS = ["a", ".a", "..a", "...", "a..b", ".", "..", "-", "_", "a/b", "a b", "é", "A.b-c_9", "a" * 253, "a" * 254]


UNPROCESSABLE = 422


def server_takes(cluster: ControlPlane, manifest: dict[str, object]) -> bool:
    try:
        cluster.request("POST", "/api/v1/namespaces/default/secrets?dryRun=All", manifest)
    except StatusError as error:
        if error.status != UNPROCESSABLE:
            raise
        return False
    return True


def we_take(manifest: dict[str, object]) -> bool:
    try:
        check_sealable(Secret.from_manifest(manifest), allow_empty_data=True)
    except InputError:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_we_take_the_names_that_the_api_server_takes(control_plane: ControlPlane, name: str) -> None:
    manifest = secret({}, name, "default")
    assert we_take(manifest) == server_takes(control_plane, manifest)


@pytest.mark.parametrize("item", ITEM_KEYS)
def test_we_take_the_item_keys_that_the_api_server_takes(control_plane: ControlPlane, item: str) -> None:
    manifest = secret({item: b""}, "a", "default")
    assert we_take(manifest) == server_takes(control_plane, manifest)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "items",
    [
        {},
        {"a": b"b"},
        {".dockercfg": b"x", ".dockerconfigjson": b"x"},
        {".dockercfg": b"[]", ".dockerconfigjson": b"[]"},
        {"username": b""},
        {"tls.crt": b""},
        {"ssh-privatekey": b""},
    ],
    ids=lambda items: "+".join(items) or "none",
)
def test_we_refuse_of_a_type_what_the_api_server_refuses(
    control_plane: ControlPlane, kind: str, items: dict[str, bytes]
) -> None:
    manifest = secret(items, "a", "default", type=kind)
    if not server_takes(control_plane, manifest):
        assert not we_take(manifest)


def test_we_refuse_the_size_that_the_api_server_refuses(control_plane: ControlPlane) -> None:
    for size, taken in ((1024 * 1024, True), (1024 * 1024 + 1, False)):
        manifest = secret({"a": bytes(size)}, "a", "default")
        assert we_take(manifest) == server_takes(control_plane, manifest) == taken
