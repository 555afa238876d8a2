"""Whom we trust, and by what name: a real Vault that speaks TLS."""

from __future__ import annotations

import select
import socket
import threading
from typing import TYPE_CHECKING, Self

import pytest
from cryptography.hazmat.primitives import serialization

from deploy.local.pki import make_authority
from injector.vault.answers import TokenLease
from injector.vault.client import VaultClient
from injector.vault.errors import UntrustedServerError, VaultSettingsError, VaultUnreachableError
from injector.vault.settings import connect_with

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.vault import VaultServer


def greeting(vault: VaultServer, environ: dict[str, str]) -> object:
    with VaultClient(connect_with(environ, address=vault.address)) as client:
        client.use_token(TokenLease(vault.root_token, 0, renewable=False))
        return client.read("secret/hello").fields["greeting"]


def test_an_authority_may_be_a_file_or_text(tls_vault: VaultServer) -> None:
    assert greeting(tls_vault, {"VAULT_CACERT": str(tls_vault.authority)}) == "hi"
    assert greeting(tls_vault, {"BAO_CACERT_BYTES": tls_vault.authority.read_text()}) == "hi"
    assert greeting(tls_vault, {"SSL_CERT_FILE": str(tls_vault.authority)}) == "hi"


def test_authorities_may_be_a_volume_with_files_of_any_name(tls_vault: VaultServer, tmp_path: Path) -> None:
    """As the kubelet mounts a Secret: the files are links into a folder that is exchanged."""
    data = tmp_path / "..2026_01_01"
    data.mkdir()
    (data / "ca.crt").write_bytes(tls_vault.authority.read_bytes())
    (data / "tls.key").write_text("-----BEGIN PRIVATE KEY-----\nno authority\n-----END PRIVATE KEY-----\n")
    (tmp_path / "..data").symlink_to(data.name)
    for name in ("ca.crt", "tls.key"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    assert greeting(tls_vault, {"VAULT_CAPATH": str(tmp_path)}) == "hi"


def test_a_folder_without_authorities_is_named(tls_vault: VaultServer, tmp_path: Path) -> None:
    with pytest.raises(VaultSettingsError, match="holds no CA certificate"):
        greeting(tls_vault, {"VAULT_CAPATH": str(tmp_path)})


def test_text_that_holds_no_authority_is_refused_and_not_shown(tls_vault: VaultServer) -> None:
    with pytest.raises(VaultSettingsError, match="the CA certificates given as text") as caught:
        greeting(tls_vault, {"VAULT_CACERT_BYTES": "canary"})
    assert "canary" not in str(caught.value)


def test_the_name_in_the_certificate_may_differ_from_the_address(tls_vault: VaultServer) -> None:
    environ = {"VAULT_CACERT": str(tls_vault.authority)}
    assert greeting(tls_vault, environ | {"VAULT_TLS_SERVER_NAME": "localhost"}) == "hi"
    with pytest.raises(UntrustedServerError, match="its certificate is for another name"):
        greeting(tls_vault, environ | {"VAULT_TLS_SERVER_NAME": "vault.example"})


def test_the_public_authorities_do_not_know_it(tls_vault: VaultServer) -> None:
    with pytest.raises(UntrustedServerError, match="unable to get local issuer certificate"):
        greeting(tls_vault, {})


def test_an_authority_of_others_is_not_trusted_and_no_check_is_none(tls_vault: VaultServer, tmp_path: Path) -> None:
    environ = {"VAULT_CACERT": str(make_authority(tmp_path).path)}
    with pytest.raises(UntrustedServerError):
        greeting(tls_vault, environ)
    assert greeting(tls_vault, environ | {"VAULT_SKIP_VERIFY": "true"}) == "hi"


def test_a_server_without_tls_is_told(vault: VaultServer) -> None:
    with (
        VaultClient(connect_with({}, address=vault.address.replace("http:", "https:"))) as client,
        pytest.raises(UntrustedServerError, match="it speaks no TLS"),
    ):
        client.read("secret/hello")


@pytest.mark.parametrize("broken", ["absent", "encrypted", "of another"])
def test_a_certificate_of_ours_that_cannot_be_shown_is_named(
    tls_vault: VaultServer, tmp_path: Path, broken: str
) -> None:
    authority = make_authority(tmp_path)
    pair, other = authority.issue("bob"), authority.issue("carol")
    key = pair.key
    if broken == "absent":
        key = tmp_path / "absent.key"
    elif broken == "encrypted":
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        key.write_bytes(
            loaded.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"canary"),
            )
        )
    else:
        key = other.key
    environ = {"VAULT_CLIENT_CERT": str(pair.certificate), "VAULT_CLIENT_KEY": str(key)}
    with pytest.raises(VaultSettingsError, match="is not there" if broken == "absent" else "cannot be used"):
        greeting(tls_vault, environ | {"VAULT_CACERT": str(tls_vault.authority)})


def test_tls_goes_through_a_proxy_unread(tls_vault: VaultServer) -> None:
    environ = {"VAULT_CACERT": str(tls_vault.authority)}
    with Tunnel() as proxy:
        assert greeting(tls_vault, environ | {"HTTPS_PROXY": f"http://bob:word@127.0.0.1:{proxy.port}"}) == "hi"
    assert proxy.asked == [f"CONNECT 127.0.0.1:{tls_vault.port}"]
    assert proxy.authorized == ["Basic Ym9iOndvcmQ="]


def test_a_proxy_that_refuses_is_told(tls_vault: VaultServer) -> None:
    with (
        Tunnel(allow=False) as proxy,
        pytest.raises(VaultUnreachableError, match="through the proxy: the proxy refuses"),
    ):
        greeting(tls_vault, {"VAULT_PROXY_ADDR": f"http://127.0.0.1:{proxy.port}"})


class Tunnel:
    """A proxy that opens tunnels."""

    def __init__(self, *, allow: bool = True) -> None:
        self._allow = allow
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked: list[str] = []
        self.authorized: list[str] = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        with self._socket.accept()[0] as client:
            lines = self._head(client)
            self.asked.append(lines[0].rsplit(" ", 1)[0])
            self.authorized.extend(
                line.split(": ", 1)[1] for line in lines if line.lower().startswith("proxy-authorization")
            )
            if not self._allow:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            host, _, port = lines[0].split()[1].rpartition(":")
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with socket.create_connection((host, int(port))) as server:
                self._pass_on(client, server)

    def _head(self, client: socket.socket) -> list[str]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        return head.decode().splitlines()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            for ready in select.select([client, server], [], [])[0]:
                piece = ready.recv(65536)
                if not piece:
                    return
                (server if ready is client else client).sendall(piece)
