"""A real controller behind the service proxy of a real API server, asked by the real kubeseal."""

from __future__ import annotations

import base64
import json
import signal
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
import yaml

from deploy.local.errors import ProcessError
from deploy.local.expose import expose
from deploy.local.peers import kubeseal
from sealer.errors import ServiceError
from sealer.keyring import Keyring, SealingKey
from sealer.manifest import SealedSecret
from sealer.unseal import open_items
from tests.reconciling.running import CANARY, Running, key_secrets, renamed, sealed
from tests.serving.test_tls import issue

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts

Json = dict[str, Any]
SERVICE: Final = "sealed-secrets-controller"
AUTHENTICATION: Final = Path(__file__).parents[2] / "deploy" / "base" / "controller" / "authentication.yaml"


def proxied(running: Running, scheme: str = "http") -> str:
    """Make the controller reachable as kubeseal expects it, and return the path of the proxy."""
    port = int(running.address.rpartition(":")[2])
    expose(running.cluster, running.namespace, SERVICE, port=8080, target_port=port)
    return f"/api/v1/namespaces/{running.namespace}/services/{scheme}:{SERVICE}:/proxy"


def asks(running: Running, parts: Parts, *arguments: str, given: str | None = None) -> str:
    where = ("--controller-namespace", running.namespace, "--controller-name", SERVICE)
    return kubeseal(running.cluster, parts, *where, *arguments, input=given)


def ring(running: Running) -> Keyring:
    """Return the keyring as its Secrets have it."""
    keys = key_secrets(running.cluster, running.namespace)
    return Keyring.of(SealingKey.from_pem(_entry(key, "tls.key"), _entry(key, "tls.crt")) for key in keys)


def _entry(secret: Json, name: str) -> bytes:
    return base64.b64decode(secret["data"][name])


def test_kubeseal_fetches_validates_and_re_encrypts_through_the_service_proxy(
    start_here: Callable[..., Running], parts: Parts, namespace: str
) -> None:
    running = start_here("--rate-limit", "1000")
    proxied(running)
    recipient = running.recipient()
    assert asks(running, parts, "--fetch-cert") == running.get("/v1/cert.pem")[1]

    old = sealed(recipient, namespace, "db", {"password": CANARY, "empty": ""}, metadata={"labels": {"app": "shop"}})
    old["spec"]["template"]["data"] = {"config": "p={{ .password }}"}
    asks(running, parts, "--validate", given=json.dumps(old))
    with pytest.raises(ServiceError, match="unable to decrypt sealed secret"):
        asks(running, parts, "--validate", given=json.dumps(renamed(old, namespace, "other")))
    with pytest.raises(ServiceError, match=r"body: expected bitnami\.com/v1alpha1 SealedSecret, found v1 Secret"):
        asks(running, parts, "--re-encrypt", given=json.dumps({**old, "apiVersion": "v1", "kind": "Secret"}))

    make_a_newer_key(running)
    new = json.loads(asks(running, parts, "--re-encrypt", given=json.dumps(old)))
    assert (new["apiVersion"], new["kind"]) == ("bitnami.com/v1alpha1", "SealedSecret")
    assert new["spec"]["template"]["data"] == {"config": "p={{ .password }}"}
    assert new["spec"]["template"]["metadata"]["labels"] == {"app": "shop"}
    keys = ring(running)
    items = open_items(SealedSecret.from_manifest(new), keys)
    assert {name: value.plaintext.decode() for name, value in items.items()} == {"password": CANARY, "empty": ""}
    assert {value.fingerprint for value in items.values()} == {keys.newest.fingerprint}
    asks(running, parts, "--validate", given=json.dumps(new))
    with pytest.raises(ServiceError, match="unable to rotate secret"):
        asks(running, parts, "--re-encrypt", given=json.dumps(renamed(new, namespace, "other")))
    assert CANARY not in running.process.output()


def make_a_newer_key(running: Running) -> None:
    before = running.get("/v1/cert.pem")[1]
    running.process.send_signal(signal.SIGUSR1)
    running.cluster.wait_for("there is a newer key", lambda: running.get("/v1/cert.pem")[1] != before)


def test_too_long_a_body_and_too_many_requests_are_told_through_the_service_proxy(
    start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here()
    path = proxied(running)
    body = sealed(running.recipient(), namespace, "db", {"a": "b"})
    with administrator(running.cluster) as http:
        large = http.post(f"{path}/v1/verify", content=b" " * (8 * 1024 * 1024))
        answers = [http.post(f"{path}/v1/verify", json=body) for _ in range(5)]
    assert large.status_code == 413
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert 429 in {answer.status_code for answer in answers}
    assert answers[0].headers["x-ratelimit-limit"] == "3"
    assert answers[-1].text == "limit exceeded\n"
    assert answers[-1].headers["retry-after"] == "1"
    # By the address that the API server appends, and not by what its client sends.
    with administrator(running.cluster) as http:
        headers = {"X-Forwarded-For": "192.0.2.1"}
        again = http.post(f"{path}/v1/verify", json=body, headers=headers)
    assert again.status_code == 429


def administrator(cluster: ControlPlane) -> httpx.Client:
    """Return a client that the API server takes for the administrator of the kubeconfig."""
    user = yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]
    context = ssl.create_default_context(cafile=str(cluster.authority))
    context.load_cert_chain(user["client-certificate"], user["client-key"])
    return httpx.Client(base_url=cluster.url, verify=context, trust_env=False)


def test_with_authentication_only_who_may_is_answered(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    control_plane.apply(AUTHENTICATION.read_text())
    for account in ("may", "may-not"):
        control_plane.create_service_account(namespace, account)
    control_plane.apply(yaml.safe_dump(may_verify(namespace, "may")))
    running = start_here("--authenticate", "--rate-limit", "1000")
    path, body = proxied(running), json.dumps(sealed(running.recipient(), namespace, "db", {"a": "b"}))

    def directly(account: str) -> httpx.Response:
        token = control_plane.service_account_token(namespace, account)
        return post(f"http://{running.address}/v1/verify", {"Authorization": f"Bearer {token}"})

    def post(url: str, headers: dict[str, str]) -> httpx.Response:
        return httpx.post(url, content=body, headers=headers, trust_env=False)

    assert post(f"http://{running.address}/v1/verify", {}).status_code == 401
    assert post(f"http://{running.address}/v1/verify", {"Authorization": "Bearer nonsense"}).status_code == 401
    assert directly("may").status_code == 200
    refused = directly("may-not")
    assert refused.status_code == 403
    assert refused.text.startswith(f"system:serviceaccount:{namespace}:may-not may not post to /v1/verify\n")
    assert running.get("/v1/cert.pem")[0] == 200

    # The API server keeps Authorization to itself, for whomever it answers: our own header gets through.
    token = control_plane.service_account_token(namespace, "may")
    with administrator(control_plane) as http:
        assert http.post(f"{path}/v1/verify", content=body).status_code == 401
        own = http.post(f"{path}/v1/verify", content=body, headers={"Sealer-Authorization": f"Bearer {token}"})
        assert own.status_code == 200
        rotated = http.post(f"{path}/v1/rotate", content=body, headers={"Sealer-Authorization": f"Bearer {token}"})
        assert rotated.status_code == 200
    assert token not in running.process.output()


def may_verify(namespace: str, account: str) -> Json:
    """Return the binding that lets a service account ask."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"verifier-{namespace}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "sealed-secrets-verifier"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def test_with_tls_the_service_proxy_is_asked_for_https(
    start_here: Callable[..., Running], namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = issue(1)
    files = (tmp_path / "tls.crt", tmp_path / "tls.key")
    for file, content in zip(files, (certificate, key), strict=True):
        file.write_bytes(content)
    # Ready is asked over HTTPS here, by a client that is not to check this certificate.
    monkeypatch.setattr(Running, "_ask", ask_over_tls)
    running = start_here("--tls-cert-file", str(files[0]), "--tls-key-file", str(files[1]))
    body = sealed(running.recipient(), namespace, "db", {"a": "b"})
    with administrator(running.cluster) as http:
        answer = http.post(f"{proxied(running, 'https')}/v1/verify", json=body)
        plain = http.get(f"{proxied(running)}/v1/cert.pem")
    assert answer.status_code == 200
    assert plain.status_code >= 500


def test_a_certificate_that_cannot_be_used_ends_the_start_with_a_reason(
    start_here: Callable[..., Running], tmp_path: Path
) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(ProcessError, match=r"(?s)ended with status 2\n.*error: cannot use the serv") as ended:
        start_here("--tls-cert-file", missing, "--tls-key-file", missing)
    assert "Traceback" not in str(ended.value)


def ask_over_tls(running: Running, method: str, path: str, body: bytes) -> tuple[int, str]:
    url = f"https://{running.address}{path}"
    answer = httpx.request(method, url, content=body, trust_env=False, verify=False)  # noqa: S501 - what is served is the point, not by whom
    return answer.status_code, answer.text
