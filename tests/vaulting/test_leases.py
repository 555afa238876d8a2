"""Dynamic secrets: leases of a real Vault on a real API server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from deploy.local.http import StatusError
from deploy.local.vault import KUBERNETES_PLUGIN, KUBERNETES_SECRETS_PLUGIN, VaultServer
from injector.vault.answers import TokenLease
from injector.vault.auth import GivenCredential, TokenAuth
from injector.vault.client import VaultClient
from injector.vault.errors import VaultRequestError
from injector.vault.settings import connect_with
from injector.vault.verbatim import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes

CREDENTIALS = "kubernetes/creds/app"


@pytest.fixture(scope="module")
def engine(
    control_plane: ControlPlane, parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VaultServer]:
    """A Vault that makes tokens of the service account `app` of any namespace."""
    plugins = (KUBERNETES_PLUGIN, KUBERNETES_SECRETS_PLUGIN)
    with VaultServer(tmp_path_factory.mktemp("engine"), parts, processes, plugins=plugins) as vault:
        vault.enable_kubernetes_secrets(control_plane)
        role = {"service_account_name": "app", "allowed_kubernetes_namespaces": ["*"], "token_default_ttl": "10m"}
        vault.request("POST", "kubernetes/roles/app", role)
        vault.write_policy("app", f'path "{CREDENTIALS}" {{ capabilities = ["update"] }}')
        yield vault


@pytest.fixture
def client(engine: VaultServer) -> Iterator[VaultClient]:
    with VaultClient(connect_with({}, address=engine.address)) as client:
        client.login(TokenAuth(GivenCredential(engine.root_token)))
        yield client


def test_a_dynamic_secret_works_and_has_a_lease(
    control_plane: ControlPlane, client: VaultClient, namespace: str
) -> None:
    control_plane.create_service_account(namespace, "app")
    answer = client.write(CREDENTIALS, {"kubernetes_namespace": namespace})
    assert answer is not None
    lease = answer.lease
    assert lease is not None
    assert lease.lease_id.startswith(CREDENTIALS + "/")
    assert (lease.duration, lease.renewable) == (600, False)
    assert answer.body["lease_duration"] == Number("600")
    assert answer.kind == "other"
    token = answer.fields["service_account_token"]
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    found = control_plane.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert found["status"]["user"]["username"] == f"system:serviceaccount:{namespace}:app"
    assert str(token) not in repr(answer)


def test_a_lease_that_cannot_be_renewed_says_so(
    control_plane: ControlPlane, client: VaultClient, namespace: str
) -> None:
    control_plane.create_service_account(namespace, "app")
    answer = client.write(CREDENTIALS, {"kubernetes_namespace": namespace})
    assert answer is not None
    assert answer.lease is not None
    with pytest.raises(VaultRequestError, match=r"cannot renew the lease .*not renewable"):
        client.renew_lease(answer.lease.lease_id, 60)


def test_a_lease_can_be_given_back_once_and_again(
    control_plane: ControlPlane, engine: VaultServer, client: VaultClient, namespace: str
) -> None:
    control_plane.create_service_account(namespace, "app")
    answer = client.write(CREDENTIALS, {"kubernetes_namespace": namespace})
    assert answer is not None
    assert answer.lease is not None
    client.revoke_lease(answer.lease.lease_id)
    left = engine.request("LIST", f"sys/leases/lookup/{CREDENTIALS}").get("data", {}).get("keys", [])
    assert answer.lease.lease_id.rpartition("/")[2] not in left
    client.revoke_lease(answer.lease.lease_id)
    with pytest.raises(VaultRequestError, match="lease not found"):
        client.renew_lease(answer.lease.lease_id)


def test_leases_end_with_the_token_that_asked(control_plane: ControlPlane, engine: VaultServer, namespace: str) -> None:
    control_plane.create_service_account(namespace, "app")
    with VaultClient(connect_with({}, address=engine.address)) as client:
        client.use_token(TokenLease(engine.token(["app"]), 3600, renewable=True))
        answer = client.write(CREDENTIALS, {"kubernetes_namespace": namespace})
        assert answer is not None
        assert answer.lease is not None
        client.revoke_self()
    lease = {"lease_id": answer.lease.lease_id}

    def ended() -> bool:
        with suppress(StatusError):
            engine.request("PUT", "sys/leases/lookup", lease)
            return False
        return True

    control_plane.wait_for("the end of the lease", ended)
