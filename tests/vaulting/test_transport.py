"""TLS and redirects, against a real TLS server that is not Vault."""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from deploy.local.pki import Authority, make_authority
from injector.vault.answers import TokenLease
from injector.vault.client import VaultClient
from injector.vault.errors import (
    UntrustedServerError,
    VaultError,
    VaultRequestError,
    VaultSettingsError,
    VaultUnreachableError,
)
from injector.vault.settings import connect_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "secret/a"


@dataclass
class Site:
    """A TLS server on loopback."""

    port: int
    authority: Authority
    location: str = ""
    body: bytes = b"<html>canary</html>"
    tokens: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    authority = make_authority(tmp_path)
    pair = authority.issue("server", hosts=["127.0.0.1"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.tokens.append(self.headers.get("X-Vault-Token", ""))
            self.send_response(307 if running.location else 200)
            if running.location:
                self.send_header("Location", running.location)
            self.send_header("Content-Length", str(len(running.body)))
            self.end_headers()
            self.wfile.write(running.body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Clients that trust nobody break off; that is what is tested."""

    with Server(("127.0.0.1", 0), Handler) as server:
        # Without a handshake at accept(): one that fails would leave its socket to the garbage collector.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        running = Site(server.server_address[1], authority)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        server.shutdown()
        thread.join()


def ask(site: Site, address: str = "", *, ca: bool = True, skip: bool = False, **environ: str) -> VaultError:
    """Read through the site, which never succeeds; return the error."""
    connection = connect_with(
        environ,
        address=address or site.address,
        ca_cert=str(site.authority.path) if ca else None,
        skip_verify=skip,
    )
    with VaultClient(connection) as client:
        client.use_token(TokenLease("token", 0, renewable=False))
        with pytest.raises(VaultError) as caught:
            client.read(SECRET)
    return caught.value


def test_an_unknown_authority_is_not_trusted_and_gets_no_token(site: Site) -> None:
    error = ask(site, ca=False)
    assert isinstance(error, UntrustedServerError)
    assert error.hint is not None
    assert "VAULT_CACERT" in error.hint
    assert site.tokens == []


def test_a_certificate_for_another_name_is_not_trusted(site: Site) -> None:
    assert isinstance(ask(site, f"https://localhost:{site.port}"), UntrustedServerError)


def test_a_known_authority_is_trusted_and_what_is_not_vault_is_told(site: Site) -> None:
    error = ask(site)
    assert isinstance(error, VaultRequestError)
    assert "not one of vault's" in error.message
    assert "canary" not in error.message
    assert site.tokens == ["token"]


def test_no_check_is_made_when_told_so_and_no_library_warns(site: Site) -> None:
    assert isinstance(ask(site, ca=False, skip=True), VaultRequestError)
    assert site.tokens == ["token"]


@pytest.mark.parametrize("body", [b'{"data": {"a": NaN}}', b'{"no": "data"}', b"[]", b"\xff\xfe", b"null"])
def test_an_answer_that_is_not_vaults_is_an_error(site: Site, body: bytes) -> None:
    site.body = body
    assert isinstance(ask(site), VaultRequestError)


def test_a_redirect_from_https_to_http_is_not_followed(site: Site) -> None:
    site.location = "http://127.0.0.1:9/v1/secret/a"
    error = ask(site)
    assert "without TLS" in error.message
    assert site.tokens == ["token"]


def test_a_redirect_without_end_is_an_error(site: Site) -> None:
    site.location = "/v1/again"
    assert isinstance(ask(site), VaultRequestError)


def test_netrc_and_bundles_of_the_environment_are_left_alone(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.authority.path))
    assert isinstance(ask(site, ca=False), UntrustedServerError)


def test_the_proxy_of_the_environment_is_used(site: Site) -> None:
    assert isinstance(ask(site, HTTPS_PROXY="http://127.0.0.1:9"), VaultUnreachableError)
    assert site.tokens == []


def test_a_file_of_authorities_that_is_not_there_is_named() -> None:
    with pytest.raises(VaultSettingsError, match=r"/nowhere/ca\.pem"):
        VaultClient(connect_with({"VAULT_CACERT": "/nowhere/ca.pem"}, address="https://127.0.0.1:1"))


def test_a_file_that_holds_no_authority_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing\n")
    connection = connect_with({"VAULT_CACERT": str(tmp_path / "empty.pem")}, address=site.address)
    with pytest.raises(VaultSettingsError, match=r"empty\.pem cannot be used"):
        VaultClient(connection)


def test_the_answer_of_a_server_is_decoded_whatever_its_type(site: Site) -> None:
    site.body = json.dumps({"data": None}).encode()
    assert "no secret exists" in ask(site).message
