from __future__ import annotations

import base64
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from sealer.apiserver.connection import tls_context
from sealer.apiserver.credentials import Credentials, Token, from_kubeconfig, load_credentials, own_namespace
from sealer.errors import ConfigError
from tests.reconciling.samples import key

if TYPE_CHECKING:
    from pathlib import Path


def kubeconfig(user: dict[str, Any] | None = None, cluster: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://api.example:6443/", **(cluster or {})}}],
        "users": [{"name": "u", "user": {"token": "t0ken"} if user is None else user}],
    }


def test_a_pod_uses_its_service_account(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "ca.crt").write_text("a certificate")
    found = load_credentials({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}, tmp_path)
    assert (found.server, found.ca) == ("https://10.0.0.1:6443", b"a certificate")
    assert found.token is not None
    assert found.token.read() == "abc"


def test_an_ipv6_service_address_is_put_in_brackets(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("")
    assert load_credentials({"KUBERNETES_SERVICE_HOST": "fd00::1"}, tmp_path).server == "https://[fd00::1]:443"


def test_kubeconfig_beats_the_pod(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        "{current-context: a, contexts: [{name: a, context: {cluster: b}}],"
        " clusters: [{name: b, cluster: {server: 'https://x'}}]}"
    )
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBECONFIG": str(file)}
    assert load_credentials(environ, tmp_path).server == "https://x"


def test_without_either_it_does_not_guess() -> None:
    with pytest.raises(ConfigError, match="no credentials"):
        load_credentials({})


def test_a_kubeconfig_gives_server_and_token(tmp_path: Path) -> None:
    found = from_kubeconfig(kubeconfig(), tmp_path)
    assert found.server == "https://api.example:6443"
    assert found.token is not None
    assert found.token.read() == "t0ken"


def test_embedded_data_and_files_beside_the_kubeconfig_are_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"authority")
    encoded = base64.b64encode(b"certificate").decode()
    user = {"client-certificate-data": encoded, "client-key-data": base64.b64encode(b"key").decode()}
    found = from_kubeconfig(kubeconfig(user, {"certificate-authority": "ca.pem"}), tmp_path)
    assert (found.ca, found.certificate, found.private_key) == (b"authority", b"certificate", b"key")


@pytest.mark.parametrize("field", ["exec", "auth-provider", "username", "as"])
def test_a_login_that_is_not_supported_is_named(tmp_path: Path, field: str) -> None:
    with pytest.raises(ConfigError, match=field):
        from_kubeconfig(kubeconfig({field: {"command": "x"}}), tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        None,
        [],
        {},
        {**kubeconfig(), "current-context": "elsewhere"},
        {**kubeconfig(), "clusters": []},
        {**kubeconfig(), "users": []},
        kubeconfig({"client-certificate-data": "not base64!"}),
        kubeconfig({"client-key": "not/there"}),
        kubeconfig(cluster={"server": None}),
        kubeconfig(cluster={"proxy-url": "http://proxy"}),
    ],
)
def test_a_damaged_kubeconfig_is_refused(tmp_path: Path, config: object) -> None:
    with pytest.raises(ConfigError):
        from_kubeconfig(config, tmp_path)


def test_what_cannot_be_read_is_named_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("token: [s3cret\n}")
    with pytest.raises(ConfigError) as caught:
        load_credentials({"KUBECONFIG": str(file)})
    assert str(file) in caught.value.message
    assert "s3cret" not in caught.value.message
    assert caught.value.__cause__ is None


def test_several_kubeconfigs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="several"):
        load_credentials({"KUBECONFIG": f"{tmp_path}/a:{tmp_path}/b"})


def test_a_token_file_is_read_again_after_a_minute(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    now = 0.0
    token = Token(file, clock=lambda: now)
    assert token.read() == "first"
    file.write_text("second")
    now = 30.0
    assert token.read() == "first"
    now = 61.0
    assert token.read() == "second"


def test_a_token_outlives_a_file_that_cannot_be_read_for_a_while(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    now = 0.0
    token = Token(file, clock=lambda: now)
    token.read()
    file.unlink()
    now = 61.0
    assert token.read() == "first"


def test_a_token_file_that_never_was_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Token(tmp_path / "token").read()


def test_secrets_do_not_show(tmp_path: Path) -> None:
    found = from_kubeconfig(kubeconfig({"token": "s3cret", "client-key-data": "czNjcmV0"}), tmp_path)
    assert "s3cret" not in repr(found)
    assert "s3cret" not in repr(found.token)


@pytest.mark.parametrize(
    ("environ", "file", "expected"),
    [
        ({"POD_NAMESPACE": "a"}, "b", "a"),
        ({"POD_NAMESPACE": ""}, "b\n", "b"),
        ({}, "b", "b"),
        ({}, None, "default"),
        ({}, "", "default"),
    ],
)
def test_the_own_namespace_is_found(tmp_path: Path, environ: dict[str, str], file: str | None, expected: str) -> None:
    if file is not None:
        (tmp_path / "namespace").write_text(file)
    assert own_namespace(environ, tmp_path) == expected


def test_a_client_certificate_is_loaded_from_memory() -> None:
    pair = key()
    context = tls_context(Credentials("https://x", certificate=pair.certificate_pem(), private_key=pair.private_pem()))
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_damaged_client_key_is_refused_without_its_content() -> None:
    with pytest.raises(ConfigError) as caught:
        tls_context(Credentials("https://x", certificate=key().certificate_pem(), private_key=b"s3cret"))
    assert "s3cret" not in str(caught.value)


def test_only_a_kubeconfig_that_says_so_leaves_the_server_unchecked(tmp_path: Path) -> None:
    careless = from_kubeconfig(kubeconfig(cluster={"insecure-skip-tls-verify": True}), tmp_path)
    assert tls_context(careless).verify_mode is ssl.CERT_NONE
    assert tls_context(from_kubeconfig(kubeconfig(), tmp_path)).verify_mode is ssl.CERT_REQUIRED
