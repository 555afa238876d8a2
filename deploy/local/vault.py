"""A real Vault in dev mode on loopback, and the few calls that tests and the demo need to set it up.

Dev mode keeps everything in memory and mounts KV version 2 at `secret/`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import yaml

from deploy.local.http import Request, send
from deploy.local.network import LOOPBACK, free_port
from deploy.local.process import Command, Process, Processes
from deploy.local.vault_rights import ISSUER, REVIEWER, issuer_rights, reviewer_binding
from sealer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from deploy.local.find import Parts
    from deploy.local.kubernetes import Cluster

Json = dict[str, Any]
READY_SECONDS: Final = 60.0
# Dev mode forgets everything at its end, so the reviewer's token need not outlive a demo by much: 30 days.
REVIEWER_SECONDS: Final = 30 * 24 * 3600
KUBERNETES_PLUGIN: Final = "vault-plugin-auth-kubernetes"
KUBERNETES_SECRETS_PLUGIN: Final = "vault-plugin-secrets-kubernetes"


@dataclass(frozen=True)
class AppRole:
    """The two halves of an AppRole login."""

    role_id: str
    secret_id: str = field(repr=False)


class VaultServer:
    """A running Vault; use it in a `with` statement, or call `stop`.

    Args:
        folder: Data folder, made if need be, closed to other users.
        parts: Where the binaries come from.
        processes: Who starts and stops the process.
        plugins: Parts that Vault registers as plugins under their own names.
        tls: Whether it speaks TLS, with a certificate that `authority` signed.

    Raises:
        PartError: A part cannot be found or built.
        ProcessError: Vault does not start.

    """

    def __init__(
        self,
        folder: Path,
        parts: Parts,
        processes: Processes,
        *,
        plugins: Sequence[str] = (KUBERNETES_PLUGIN,),
        tls: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.folder = folder
        self.port = free_port()
        self.address = f"{'https' if tls else 'http'}://{LOOPBACK}:{self.port}"
        self.authority = folder / "tls" / "vault-ca.pem"
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self.audit_log = folder / "audit.log"
        self.root_token = secrets.token_urlsafe(24)
        self._processes = processes
        self._process = self._start(parts, plugins)

    def __repr__(self) -> str:
        return f"VaultServer({self.address})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop Vault and its plugins."""
        self._processes.stop(self._process)

    def _start(self, parts: Parts, plugins: Sequence[str]) -> Process:
        folder = self.folder / "plugins"
        folder.mkdir(exist_ok=True)
        for name in plugins:
            # Vault wants the very files in its folder: no symbolic links, and nothing that is not a plugin.
            shutil.copy2(parts.path(name), folder / name)
        dev: tuple[str, ...] = ("-dev", "-dev-no-store-token", f"-dev-plugin-dir={folder}")
        if self._tls:
            self.authority.parent.mkdir(exist_ok=True)
            dev += ("-dev-tls", f"-dev-tls-cert-dir={self.authority.parent}")
        arguments = (str(parts.path("vault")), "server", *dev)
        # Vault has children, its plugins, that it stops only when it is asked to end.
        command = Command(
            "vault",
            arguments,
            self.folder / "vault.log",
            environment=self._server_environment(),
            death_signal=signal.SIGTERM,
        )
        process = self._processes.start(command)
        try:
            process.wait_until(self._ready, seconds=READY_SECONDS)
        except BaseException:
            self._processes.stop(process)
            raise
        return process

    def _server_environment(self) -> dict[str, str]:
        """Environment of the server: the root token goes here and not into the arguments, which everyone can read."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("VAULT_")},
            "HOME": str(self.folder),
            "VAULT_DEV_ROOT_TOKEN_ID": self.root_token,
            "VAULT_DEV_LISTEN_ADDRESS": f"{LOOPBACK}:{self.port}",
        }

    def environment(self, token: str | None = None) -> dict[str, str]:
        """Return the environment of a client: VAULT_ADDR, VAULT_TOKEN (root where None), and a HOME of its own."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("VAULT_")},
            "HOME": str(self.folder),
            "VAULT_ADDR": self.address,
            "VAULT_TOKEN": token or self.root_token,
        }

    def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> Json:
        """Send one request.

        Args:
            method: HTTP method.
            path: Path below `/v1/`, such as `sys/mounts`.
            body: JSON object to send.
            token: Whose rights; root's where None, nobody's where empty.

        Returns:
            The JSON object of the answer, or an empty one.

        Raises:
            StatusError: Vault refuses; `.status` has the code.
            ServiceError: Vault cannot be reached.

        """
        encoded = None if body is None else json.dumps(body).encode()
        chosen = self.root_token if token is None else token
        headers = {"X-Vault-Request": "true"} | ({"X-Vault-Token": chosen} if chosen else {})
        answer = send(Request(method, f"{self.address}/v1/{path}", encoded, headers), context=self._trust())
        decoded: Json = json.loads(answer) if answer else {}
        return decoded

    def put(self, path: str, data: Mapping[str, Any]) -> None:
        """Write a secret at its API path: `kv1/app`, or `secret/data/app` with `{"data": {...}}` for version 2."""
        self.request("POST", path, data)

    def put_kv2(self, path: str, data: Mapping[str, Any], *, mount: str = "secret") -> int:
        """Write a secret into a KV version 2 mount.

        Returns:
            The version that this made.

        """
        answer = self.request("POST", f"{mount}/data/{path}", {"data": dict(data)})
        return int(answer["data"]["version"])

    def enable_kv(self, mount: str, version: int) -> None:
        """Mount a KV store, version 1 or 2."""
        self.request("POST", f"sys/mounts/{mount}", {"type": "kv", "options": {"version": str(version)}})

    def write_policy(self, name: str, rules: str) -> None:
        """Write an ACL policy in Vault's own language, such as `path "secret/*" { capabilities = ["read"] }`."""
        self.request("PUT", f"sys/policies/acl/{name}", {"policy": rules})

    def token(self, policies: Sequence[str], *, ttl: str = "1h") -> str:
        """Make a token with some policies."""
        body = {"policies": list(policies), "ttl": ttl, "no_parent": True}
        return str(self.request("POST", "auth/token/create", body)["auth"]["client_token"])

    def enable_kubernetes(self, cluster: Cluster, *, mount: str = "kubernetes") -> None:
        """Enable Kubernetes login against a cluster, with a reviewer that may ask for real TokenReviews."""
        cluster.create_service_account("kube-system", REVIEWER)
        cluster.apply(yaml.safe_dump(reviewer_binding()))
        self.request("POST", f"sys/auth/{mount}", {"type": KUBERNETES_PLUGIN})
        config = {
            "kubernetes_host": cluster.url,
            "kubernetes_ca_cert": cluster.authority.read_text(),
            "token_reviewer_jwt": cluster.service_account_token("kube-system", REVIEWER, seconds=REVIEWER_SECONDS),
            "disable_local_ca_jwt": True,
        }
        self.request("POST", f"auth/{mount}/config", config)

    def kubernetes_role(
        self,
        name: str,
        *,
        policies: Sequence[str],
        namespaces: Sequence[str] = ("*",),
        service_accounts: Sequence[str] = ("*",),
        mount: str = "kubernetes",
        **more: object,
    ) -> None:
        """Write a role of the Kubernetes login.

        Args:
            name: Of the role.
            policies: What a login may do.
            namespaces: Namespaces of the service accounts that may log in.
            service_accounts: Their names.
            mount: Where the login is mounted, below `auth/`.
            more: Further parameters of Vault's API, such as `audience` or `token_ttl`.

        """
        body = {
            "bound_service_account_names": list(service_accounts),
            "bound_service_account_namespaces": list(namespaces),
            "token_policies": list(policies),
            **more,
        }
        self.request("POST", f"auth/{mount}/role/{name}", body)

    def kubernetes_login(self, role: str, service_account_token: str, *, mount: str = "kubernetes") -> str:
        """Log in with a service-account token; returns the Vault token."""
        body = {"role": role, "jwt": service_account_token}
        return str(self.request("POST", f"auth/{mount}/login", body, token="")["auth"]["client_token"])

    def enable_kubernetes_secrets(self, cluster: Cluster, *, mount: str = "kubernetes") -> None:
        """Mount the engine that makes leased service-account tokens of a cluster; its plugin must be registered."""
        cluster.create_service_account("kube-system", ISSUER)
        cluster.apply(yaml.safe_dump_all(issuer_rights()))
        self.request("POST", f"sys/mounts/{mount}", {"type": KUBERNETES_SECRETS_PLUGIN})
        config = {
            "kubernetes_host": cluster.url,
            "kubernetes_ca_cert": cluster.authority.read_text(),
            "service_account_jwt": cluster.service_account_token("kube-system", ISSUER, seconds=REVIEWER_SECONDS),
            "disable_local_ca_jwt": True,
        }
        self.request("POST", f"{mount}/config", config)

    def enable_approle(self, *, mount: str = "approle") -> None:
        """Enable AppRole login."""
        self.request("POST", f"sys/auth/{mount}", {"type": "approle"})

    def approle(self, name: str, *, policies: Sequence[str], mount: str = "approle", **more: object) -> AppRole:
        """Write an AppRole and make a secret id for it; `more` are further parameters of Vault's API."""
        path = f"auth/{mount}/role/{name}"
        self.request("POST", path, {"token_policies": list(policies), **more})
        role_id = self.request("GET", f"{path}/role-id")["data"]["role_id"]
        secret_id = self.request("POST", f"{path}/secret-id", {})["data"]["secret_id"]
        return AppRole(str(role_id), str(secret_id))

    def enable_audit(self) -> None:
        """Write every request to `audit_log`; Vault puts an HMAC in the place of each secret."""
        self.request("PUT", "sys/audit/file", {"type": "file", "options": {"file_path": str(self.audit_log)}})

    def audit_entries(self) -> list[Json]:
        """Read the audit log: one object for each request and each response."""
        return [json.loads(line) for line in self.audit_log.read_text().splitlines()]

    def _trust(self) -> ssl.SSLContext | None:
        if self._tls and self._context is None and self.authority.exists():
            self._context = ssl.create_default_context(cafile=self.authority)
        return self._context

    def _ready(self) -> bool:
        try:
            return not self.request("GET", "sys/health", token="")["sealed"]
        except ServiceError:
            return False
