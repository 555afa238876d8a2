"""Each way to log in, to a real Vault."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from deploy.local.pki import make_authority
from injector.vault.auth import (
    AppRoleAuth,
    CertAuth,
    FileCredential,
    GivenCredential,
    JwtAuth,
    OnceCredential,
    TokenAuth,
    WrappedCredential,
)
from injector.vault.client import VaultClient
from injector.vault.errors import InvalidTokenError, LoginError, UntrustedServerError
from injector.vault.settings import connect_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.pki import Authority
    from deploy.local.vault import VaultServer

SECRET_ID = "auth/approle/role/once/secret-id"


@pytest.fixture
def client(vault: VaultServer) -> Iterator[VaultClient]:
    with VaultClient(connect_with({}, address=vault.address)) as client:
        yield client


def wrapped(vault: VaultServer, client: VaultClient, path: str, ttl: str = "5m") -> str:
    """Return a token that stands for the answer to a write."""
    reply = client._door.secrets.post(f"/v1/{path}", wrap_ttl=ttl, headers={"X-Vault-Token": vault.root_token})
    return str(json.loads(reply.content)["wrap_info"]["token"])


def test_a_login_says_how_long_its_token_lives(vault: VaultServer, client: VaultClient) -> None:
    role = vault.approle("lived", policies=["app"], token_ttl="7m")
    lease = client.login(AppRoleAuth(GivenCredential(role.role_id), GivenCredential(role.secret_id)))
    assert (lease.duration, lease.renewable, lease.ends) == (420, True, True)
    assert vault.request("POST", "auth/token/lookup-accessor", {"accessor": lease.accessor})["data"]["ttl"] <= 420
    assert lease.token not in repr(lease)


def test_a_secret_id_is_removed_after_reading_and_kept_for_the_next_login(
    vault: VaultServer, client: VaultClient, tmp_path: Path
) -> None:
    role = vault.approle("once", policies=["app"])
    (tmp_path / "role-id").write_text(role.role_id)
    (tmp_path / "secret-id").write_text(f"{role.secret_id}\n")
    auth = AppRoleAuth(
        FileCredential(tmp_path / "role-id", "role id"), OnceCredential(tmp_path / "secret-id", "secret id")
    )
    first = client.login(auth)
    assert not (tmp_path / "secret-id").exists()
    assert client.login(auth).accessor != first.accessor
    (tmp_path / "secret-id").write_text("another")
    with pytest.raises(LoginError, match="invalid role or secret ID") as caught:
        client.login(auth)
    assert "another" not in str(caught.value)


def test_a_secret_id_that_was_never_there_is_missed(client: VaultClient, tmp_path: Path) -> None:
    auth = AppRoleAuth(GivenCredential("role"), OnceCredential(tmp_path / "secret-id", "secret id"))
    with pytest.raises(LoginError, match=r"cannot read the secret id at .*: no such file"):
        client.login(auth)


def test_a_file_that_cannot_be_removed_is_told_once() -> None:
    lines: list[str] = []
    credential = OnceCredential(Path("/proc/self/comm"), "secret id", report=lines.append)
    assert credential.read() == credential.read() != ""
    assert lines == ["cannot remove the secret id at /proc/self/comm: operation not permitted"]


def test_of_a_link_the_file_behind_it_is_removed_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("value")
    (tmp_path / "link").symlink_to("real")
    assert OnceCredential(tmp_path / "link", "token", follow=True).read() == "value"
    assert not (tmp_path / "real").exists()


def test_a_wrapped_secret_id_is_unwrapped_once(vault: VaultServer, client: VaultClient, tmp_path: Path) -> None:
    role = vault.approle("once", policies=["app"])
    file = tmp_path / "wrapped"
    file.write_text(wrapped(vault, client, SECRET_ID))
    auth = AppRoleAuth(
        GivenCredential(role.role_id), WrappedCredential(FileCredential(file, "wrapped secret id"), SECRET_ID)
    )
    first = client.login(auth)
    # The token is used up, and its secret id is kept.
    assert client.login(auth).accessor != first.accessor
    assert "app" in client.read("auth/token/lookup-self").fields["policies"]  # type: ignore[operator]  # JSON


def test_a_wrapped_secret_id_that_somebody_else_took_is_told(vault: VaultServer, client: VaultClient) -> None:
    role = vault.approle("once", policies=["app"])
    token = wrapped(vault, client, SECRET_ID)
    client.unwrap(token)
    auth = AppRoleAuth(GivenCredential(role.role_id), WrappedCredential(GivenCredential(token), SECRET_ID))
    with pytest.raises(LoginError, match="cannot be unwrapped") as caught:
        client.login(auth)
    assert caught.value.hint is not None
    assert "somebody else has the secret id" in caught.value.hint
    assert token not in str(caught.value)


def test_a_wrapped_answer_from_elsewhere_is_not_taken_for_a_secret_id(vault: VaultServer, client: VaultClient) -> None:
    role = vault.approle("once", policies=["app"])
    vault.approle("other", policies=["app"])
    token = wrapped(vault, client, "auth/approle/role/other/secret-id")
    auth = AppRoleAuth(GivenCredential(role.role_id), WrappedCredential(GivenCredential(token), SECRET_ID))
    with pytest.raises(LoginError, match="was made at auth/approle/role/other/secret-id, and not at"):
        client.login(auth)
    assert client.unwrap(token).document["secret_id"], "it was not used up"


def test_a_json_web_token_logs_in(vault: VaultServer, client: VaultClient, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    vault.request("POST", "sys/auth/jwt-test", {"type": "jwt"})
    vault.request("POST", "auth/jwt-test/config", {"jwt_validation_pubkeys": [public.decode()]})
    role = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault"], "token_policies": ["app"]}
    vault.request("POST", "auth/jwt-test/role/app", role)
    file = tmp_path / "token"
    file.write_text(signed(key, claims("vault")))
    auth = JwtAuth("app", OnceCredential(file, "token"), "jwt-test")
    assert client.login(auth).renewable
    assert not file.exists()
    forged = signed(key, claims("others"))
    with pytest.raises(LoginError, match="the jwt login as role app at auth/jwt-test") as caught:
        client.login(JwtAuth("app", GivenCredential(forged), "jwt-test"))
    assert forged not in str(caught.value)


def claims(audience: str) -> dict[str, Any]:
    now = int(time.time())
    return {"sub": "bob", "aud": audience, "iat": now - 60, "nbf": now - 60, "exp": now + 600}


def signed(key: rsa.RSAPrivateKey, claims: dict[str, Any]) -> str:
    parts = [json.dumps({"alg": "RS256", "typ": "JWT"}), json.dumps(claims)]
    text = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
def clients(tls_vault: VaultServer, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority whose certificates may log in."""
    authority = make_authority(tmp_path_factory.mktemp("clients"))
    tls_vault.write_policy("app", 'path "secret/*" { capabilities = ["read"] }')
    tls_vault.request("POST", "sys/auth/cert", {"type": "cert"})
    role = {"certificate": authority.path.read_text(), "token_policies": ["app"], "token_ttl": "5m"}
    tls_vault.request("POST", "auth/cert/certs/app", role)
    return authority


def test_a_certificate_logs_in_and_renews(tls_vault: VaultServer, clients: Authority) -> None:
    pair = clients.issue("bob")
    with VaultClient(connect_with({}, address=tls_vault.address, ca_cert=str(tls_vault.authority))) as client:
        auth = CertAuth("app", pair.certificate, pair.key)
        assert client.login(auth).duration == 300
        assert client.read("secret/hello").fields == {"greeting": "hi"}
        # Vault renews such a token over a connection with the same certificate only.
        assert client.renew_self().duration == 300


def test_a_certificate_that_was_renewed_is_read_anew(
    tls_vault: VaultServer, clients: Authority, tmp_path: Path
) -> None:
    pair, wrong = clients.issue("carol"), make_authority(tmp_path).issue("carol")
    files = tmp_path / "tls.crt", tmp_path / "tls.key"
    environ = {"VAULT_CACERT": str(tls_vault.authority)}
    with VaultClient(connect_with(environ, address=tls_vault.address)) as client:
        auth = CertAuth(None, *files)
        for now in (wrong, pair):
            files[0].write_bytes(now.certificate.read_bytes())
            files[1].write_bytes(now.key.read_bytes())
            if now is wrong:
                with pytest.raises(LoginError, match="the cert login at auth/cert"):
                    client.login(auth)
            else:
                assert client.login(auth).renewable


def test_a_cert_login_takes_the_connections_certificate_and_needs_one(
    tls_vault: VaultServer, clients: Authority
) -> None:
    pair = clients.issue("dave")
    environ = {"VAULT_CACERT": str(tls_vault.authority)}
    with (
        VaultClient(connect_with(environ, address=tls_vault.address)) as client,
        pytest.raises(LoginError, match="has no certificate"),
    ):
        client.login(CertAuth("app"))
    environ |= {"VAULT_CLIENT_CERT": str(pair.certificate), "VAULT_CLIENT_KEY": str(pair.key)}
    with VaultClient(connect_with(environ, address=tls_vault.address)) as client:
        assert client.login(CertAuth("app")).renewable


def test_a_cert_login_may_have_authorities_of_its_own(
    tls_vault: VaultServer, clients: Authority, tmp_path: Path
) -> None:
    pair, stranger = clients.issue("erin"), make_authority(tmp_path)
    with VaultClient(connect_with({}, address=tls_vault.address, ca_cert=str(stranger.path))) as client:
        with pytest.raises(UntrustedServerError):
            client.login(CertAuth("app", pair.certificate, pair.key))
        auth = CertAuth("app", pair.certificate, pair.key, authorities=str(tls_vault.authority))
        assert client.login(auth).renewable


def test_a_given_token_is_looked_up(vault: VaultServer, client: VaultClient) -> None:
    lease = client.login(TokenAuth(GivenCredential(vault.token(["app"], ttl="9m"))))
    assert 500 < lease.duration <= 540
    assert lease.renewable


def test_a_given_token_that_may_not_look_at_itself_is_used_as_it_is(vault: VaultServer, client: VaultClient) -> None:
    body = {"policies": ["app"], "no_default_policy": True, "no_parent": True}
    token = vault.request("POST", "auth/token/create", body)["auth"]["client_token"]
    lease = client.login(TokenAuth(GivenCredential(token)))
    assert (lease.token, lease.ends, lease.renewable) == (token, False, False)


def test_a_given_token_that_is_none_is_refused_at_login(client: VaultClient) -> None:
    with pytest.raises(InvalidTokenError, match="does not accept the token"):
        client.login(TokenAuth(GivenCredential("hvs.canary")))
