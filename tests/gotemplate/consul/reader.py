"""A reader on a real Vault, as thin as can be: numbers keep their text, KV version 1 and 2 are found out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from deploy.local.http import Request, StatusError, send
from injector.vault import kv
from sealer.gotemplate.consul import SecretResponse
from tests.gotemplate.consul.verbatim import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploy.local.vault import VaultServer


@dataclass
class VaultReader:
    """A `SecretReader` on a Vault of the tests, that counts what it is asked."""

    vault: VaultServer
    asked: list[str]

    def read(self, path: str, parameters: Sequence[tuple[str, str]]) -> SecretResponse:
        self.asked.append(f"read {path}")
        asked = kv.api_path(path, self._mount(path))
        query = f"?{urlencode(parameters)}" if parameters else ""
        return SecretResponse.of_body(self._ask("GET", f"{quote(asked)}{query}"))

    def write(self, path: str, data: Mapping[str, str]) -> SecretResponse | None:
        self.asked.append(f"write {path}")
        body = self._ask("PUT", quote(path), dict(data))
        return SecretResponse.of_body(body) if body else None

    def list(self, path: str) -> Sequence[str]:
        self.asked.append(f"list {path}")
        mount = self._mount(path)
        place = path
        if mount is not None and mount.versioned:
            place = f"{mount.path}metadata/{f'{path}/'.removeprefix(mount.path)}".rstrip("/")
        try:
            names = self._ask("LIST", quote(place))["data"]["keys"]
        except StatusError as error:
            if error.status != 404:
                raise
            return ()
        return [str(name) for name in names]

    def _mount(self, path: str) -> kv.Mount | None:
        try:
            return kv.mount_of(self._ask("GET", f"sys/internal/ui/mounts/{quote(path)}")["data"])
        except StatusError:
            return None  # no mount, or none to be seen: as KV version 1

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"X-Vault-Request": "true", "X-Vault-Token": self.vault.root_token}
        encoded = None if body is None else json.dumps(body).encode()
        answer = send(Request(method, f"{self.vault.address}/v1/{path}", encoded, headers))
        return decode(answer.decode()) if answer else {}
