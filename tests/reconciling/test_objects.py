"""What the controller relies on in an API server: the fake and the real one are put to the same tests."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

import pytest
import pytest_asyncio

from controller.manifests import MANAGER, sealed_secrets_path, secrets_path
from sealer.apiserver.client import Client, Objects
from sealer.apiserver.credentials import from_kubeconfig, load_credentials
from sealer.apiserver.errors import (
    ConflictError,
    ExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from tests.reconciling.fakes import FakeObjects
from tests.reconciling.running import ACCOUNT, ACCOUNT_NAMESPACE
from tests.reconciling.samples import sealed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from deploy.local.control_plane import ControlPlane

Json = dict[str, Any]
pytestmark = pytest.mark.asyncio


class Place:
    """An API server, and a namespace in it."""

    def __init__(self, objects: Objects, namespace: str) -> None:
        self.objects = objects
        self.secrets = secrets_path(namespace)
        self.sealed = sealed_secrets_path(namespace)
        self.namespace = namespace

    def secret(self, **metadata: Any) -> Json:
        named = {"name": "db", "namespace": self.namespace} | metadata
        return {"apiVersion": "v1", "kind": "Secret", "metadata": named, "data": {"a": "MQ=="}}

    def sealed_secret(self) -> Json:
        manifest = sealed(namespace=self.namespace)
        del manifest["metadata"]["resourceVersion"], manifest["metadata"]["uid"]
        return manifest


@pytest_asyncio.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real)])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    if request.param == "fake":
        yield Place(FakeObjects(), "shop")
        return
    cluster = cast("ControlPlane", request.getfixturevalue("control_plane"))
    namespace = f"test-{secrets.token_hex(4)}"
    cluster.create_namespace(namespace)
    async with Client(load_credentials({"KUBECONFIG": str(cluster.kubeconfig)}), MANAGER) as client:
        yield Place(client, namespace)
    cluster.delete_namespace(namespace)


async def test_what_is_created_is_found(place: Place) -> None:
    created = await place.objects.create(place.secrets, place.secret())
    assert created["metadata"]["uid"]
    found = await place.objects.get(f"{place.secrets}/db")
    assert found["data"] == {"a": "MQ=="}
    assert found["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]


async def test_what_is_not_there_is_not_found(place: Place) -> None:
    with pytest.raises(NotFoundError):
        await place.objects.get(f"{place.secrets}/db")
    with pytest.raises(NotFoundError):
        await place.objects.replace(f"{place.secrets}/db", place.secret(resourceVersion="1"))
    with pytest.raises(NotFoundError):
        await place.objects.merge(f"{place.sealed}/db/status", {"status": {}})


async def test_a_name_is_given_once(place: Place) -> None:
    await place.objects.create(place.secrets, place.secret())
    with pytest.raises(ExistsError):
        await place.objects.create(place.secrets, place.secret())


async def test_a_generated_name_begins_as_asked(place: Place) -> None:
    manifest = place.secret(generateName="sealed-secrets-key")
    del manifest["metadata"]["name"]
    created = await place.objects.create(place.secrets, manifest)
    assert created["metadata"]["name"].startswith("sealed-secrets-key")


async def test_what_was_changed_since_it_was_read_is_not_overwritten(place: Place) -> None:
    first = await place.objects.create(place.secrets, place.secret())
    second = await place.objects.replace(f"{place.secrets}/db", {**first, "data": {"a": "Mg=="}})
    assert second["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"]
    with pytest.raises(ConflictError):
        await place.objects.replace(f"{place.secrets}/db", {**first, "data": {"a": "Mw=="}})
    assert (await place.objects.get(f"{place.secrets}/db"))["data"] == {"a": "Mg=="}


def status_patch(of: Json, generation: int) -> Json:
    condition = {"type": "Synced", "status": "True", "lastUpdateTime": "2026-01-02T03:04:05Z"}
    status = {"observedGeneration": generation, "conditions": [condition]}
    return {"metadata": {"resourceVersion": of["metadata"]["resourceVersion"]}, "status": status}


async def test_a_status_is_merged(place: Place) -> None:
    created = await place.objects.create(place.sealed, place.sealed_secret())
    patch = status_patch(created, 1)
    merged = await place.objects.merge(f"{place.sealed}/db/status", patch)
    assert merged["status"] == patch["status"]
    assert merged["spec"] == created["spec"]
    assert merged["metadata"]["generation"] == 1


async def test_the_status_of_what_changed_since_it_was_read_is_a_conflict(place: Place) -> None:
    created = await place.objects.create(place.sealed, place.sealed_secret())
    await place.objects.merge(f"{place.sealed}/db/status", status_patch(created, 1))
    with pytest.raises(ConflictError):
        await place.objects.merge(f"{place.sealed}/db/status", status_patch(created, 7))


async def test_an_object_that_cannot_be_is_invalid(control_plane: ControlPlane, namespace: str) -> None:
    async with Client(load_credentials({"KUBECONFIG": str(control_plane.kubeconfig)}), MANAGER) as client:
        place = Place(client, namespace)
        with pytest.raises(InvalidError):
            await client.create(place.secrets, place.secret(labels={"not a label": "x"}))


async def test_our_service_account_may_do_no_more_than_it_must(installed: ControlPlane, namespace: str) -> None:
    kubeconfig = installed.service_account_kubeconfig(ACCOUNT_NAMESPACE, ACCOUNT)
    async with Client(load_credentials({"KUBECONFIG": str(kubeconfig)}), MANAGER) as client:
        place = Place(client, namespace)
        await client.create(place.secrets, place.secret())
        crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for path in ("/api/v1/namespaces/default", "/api/v1/pods", crds):
            with pytest.raises(ForbiddenError):
                await client.get(path)
        with pytest.raises(ForbiddenError):
            await client.create(place.sealed, place.sealed_secret())
        with pytest.raises(ForbiddenError):
            await client.merge(f"{place.secrets}/db", {"data": {}})


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    config = {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "b"}}],
        "clusters": [{"name": "b", "cluster": {"server": "http://127.0.0.1:1"}}],
    }
    async with Client(from_kubeconfig(config, folder=cast("Any", None)), MANAGER) as client:
        with pytest.raises(UnavailableError, match="GET /api"):
            await client.get("/api")
