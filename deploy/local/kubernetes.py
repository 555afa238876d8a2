"""What the tests, the demo and the benchmarks ask of an API server, as its administrator."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import yaml

from deploy.local.errors import ProcessError
from deploy.local.http import Request, StatusError, send
from deploy.local.network import machine_address
from deploy.local.pki import KeyPair, write_private
from sealer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Json = dict[str, Any]
CONFLICT: Final = 409
NOT_FOUND: Final = 404
# Longer than any test, and than a demo that is looked at for a day.
TOKEN_SECONDS: Final = 24 * 3600
MERGE_PATCH: Final = "application/merge-patch+json"
APPLY_SECONDS: Final = 120


class Cluster:
    """An API server and the rights of its administrator.

    Args:
        url: `https://127.0.0.1:PORT`.
        authority: File with the certificate authority.
        admin: The administrator's client certificate.
        kubectl: The kubectl binary.
        folder: Folder for kubeconfigs, tokens and kubectl's cache.

    """

    def __init__(self, url: str, authority: Path, admin: KeyPair, kubectl: Path, folder: Path) -> None:
        self.url = url
        self.authority = authority
        self.folder = folder
        self.kubeconfig = folder / "admin.kubeconfig"
        self._kubectl = kubectl
        self._context = ssl.create_default_context(cafile=str(authority))
        self._context.load_cert_chain(admin.certificate, admin.key)
        user = {"client-certificate": str(admin.certificate), "client-key": str(admin.key)}
        write_kubeconfig(self.kubeconfig, url=url, authority=authority, user=user)

    @property
    def port(self) -> int:
        """Port of the API server."""
        return int(self.url.rpartition(":")[2])

    def machine_address(self) -> str:
        """Address on which a process must listen so that the service proxy reaches it."""
        return machine_address()

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str = "application/json",
    ) -> Json:
        """Send one request as the administrator.

        Args:
            method: HTTP method.
            path: Path below the server's address, such as `/api/v1/namespaces`.
            body: JSON object to send.
            content_type: Media type of the body; that of a patch for PATCH.

        Returns:
            The JSON object of the answer, or an empty one.

        Raises:
            StatusError: The server refuses; `.status` has the code.
            ServiceError: The server cannot be reached.

        """
        encoded = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        answer = send(Request(method, self.url + path, encoded, headers), context=self._context)
        decoded: Json = json.loads(answer) if answer else {}
        return decoded

    def text(self, path: str) -> str:
        """GET a path that does not answer with JSON, such as `/readyz` or a service proxy's."""
        return send(Request("GET", self.url + path), context=self._context).decode()

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002  # subprocess's own word
        """Run kubectl as the administrator and return its standard output.

        Raises:
            ServiceError: It failed; the message is what it wrote to standard error.

        """
        result = subprocess.run(
            [str(self._kubectl), *arguments],
            input=input,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=APPLY_SECONDS,
        )
        if result.returncode != 0:
            raise ServiceError(f"kubectl {' '.join(arguments[:2])}: {result.stderr.strip()}")
        return result.stdout

    def environment(self, kubeconfig: Path | None = None) -> dict[str, str]:
        """Return the environment of a process that talks to this API server through a kubeconfig.

        Args:
            kubeconfig: Whose rights it has; the administrator's where None.

        """
        chosen = {"KUBECONFIG": str(kubeconfig or self.kubeconfig), "KUBECACHEDIR": str(self.folder / "cache")}
        # kubectl would ask a proxy of the environment for loopback addresses too.
        return {**os.environ, **chosen, "NO_PROXY": "*", "no_proxy": "*"}

    def apply(self, manifest: str) -> str:
        """`kubectl apply -f -` of a YAML stream; returns what kubectl says."""
        return self.kubectl("apply", "-f", "-", input=manifest)

    def wait_for(self, what: str, probe: Callable[[], bool], *, seconds: float = 30.0) -> None:
        """Poll until `probe` holds; a 404 counts as "not yet".

        Raises:
            ProcessError: It does not hold in time; the message names `what`.

        """
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(StatusError):
                if probe():
                    return
            if time.monotonic() > deadline:
                raise ProcessError(f"{what}: not so after {seconds:g} s")
            time.sleep(0.05)

    def create_namespace(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Make a namespace and wait for its `default` service account, without which no pod is admitted."""
        metadata = {"name": name, "labels": dict(labels or {})}
        self._create("/api/v1/namespaces", {"metadata": metadata})
        self.wait_for(
            f"service account default in {name}",
            lambda: bool(self.request("GET", f"/api/v1/namespaces/{name}/serviceaccounts/default")),
        )

    def delete_namespace(self, name: str) -> None:
        """Begin the deletion of a namespace; the namespace controller does the rest."""
        self.request("DELETE", f"/api/v1/namespaces/{name}")

    def create_service_account(self, namespace: str, name: str) -> None:
        """Make a service account; it may exist already."""
        self._create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": name}})

    def service_account_token(
        self,
        namespace: str,
        name: str,
        *,
        audiences: Sequence[str] = (),
        seconds: int = TOKEN_SECONDS,
    ) -> str:
        """Ask for a real token of a service account (TokenRequest).

        Args:
            namespace: Of the service account.
            name: Of the service account.
            audiences: Whom the token is for; the API server itself where empty.
            seconds: How long it is valid, at least 600.

        Raises:
            StatusError: There is no such service account, or the time is too short.

        """
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        spec: Json = {"expirationSeconds": seconds}
        if audiences:
            spec["audiences"] = list(audiences)
        return str(self.request("POST", path, {"spec": spec})["status"]["token"])

    def service_account_folder(self, namespace: str, name: str, *, seconds: int = TOKEN_SECONDS) -> Path:
        """Make a folder as a pod sees it at /var/run/secrets/kubernetes.io/serviceaccount.

        Returns:
            A folder with the files `token`, `ca.crt` and `namespace`.

        """
        folder = self.folder / "service-accounts" / namespace / name
        folder.mkdir(parents=True, exist_ok=True)
        write_private(folder / "token", self.service_account_token(namespace, name, seconds=seconds).encode())
        (folder / "ca.crt").write_bytes(self.authority.read_bytes())
        (folder / "namespace").write_text(namespace)
        return folder

    def service_account_kubeconfig(self, namespace: str, name: str, *, seconds: int = TOKEN_SECONDS) -> Path:
        """Make a kubeconfig with the rights of a service account; the token is in a file beside it (`tokenFile`)."""
        folder = self.service_account_folder(namespace, name, seconds=seconds)
        path = folder / "kubeconfig"
        user = {"tokenFile": str(folder / "token")}
        write_kubeconfig(path, url=self.url, authority=self.authority, user=user, namespace=namespace)
        return path

    def _create(self, path: str, body: Json) -> None:
        try:
            self.request("POST", path, body)
        except StatusError as error:
            if error.status != CONFLICT:
                raise


def write_kubeconfig(
    path: Path, *, url: str, authority: Path, user: Mapping[str, str], namespace: str = "default"
) -> None:
    """Write a kubeconfig that the owner alone can read.

    Args:
        path: Where.
        url: Address of the API server.
        authority: File with its certificate authority.
        user: The `user` entry: files of a client certificate, or `tokenFile`.
        namespace: Default namespace of the context.

    """
    context = {"cluster": "sealer-local", "user": "user", "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sealer-local", "cluster": {"server": url, "certificate-authority": str(authority)}}],
        "users": [{"name": "user", "user": dict(user)}],
        "contexts": [{"name": "sealer-local", "context": context}],
        "current-context": "sealer-local",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, yaml.safe_dump(config, sort_keys=False).encode())
