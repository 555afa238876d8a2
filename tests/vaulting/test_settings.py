from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from injector.vault.auth import mount_point
from injector.vault.environment import RateLimit
from injector.vault.errors import VaultSettingsError
from injector.vault.settings import connect_with

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESS = {"VAULT_ADDR": "https://vault.example:8200"}


def test_the_configuration_wins_over_the_environment() -> None:
    environ = ADDRESS | {"VAULT_NAMESPACE": "env", "VAULT_CACERT": "env.pem", "VAULT_SKIP_VERIFY": "true"}
    connection = connect_with(environ, address="http://own/", namespace="own", ca_cert="own.pem", skip_verify=False)
    assert (connection.address, connection.namespace, connection.verify) == ("http://own", "own", "own.pem")


@pytest.mark.parametrize(
    ("environ", "attribute", "value"),
    [
        ({}, "address", "https://vault.example:8200"),
        ({}, "namespace", None),
        ({}, "verify", True),
        ({}, "timeout", 60.0),
        ({"VAULT_NAMESPACE": "/team/a/"}, "namespace", "team/a"),
        ({"VAULT_CACERT": "a.pem", "SSL_CERT_FILE": "b.pem"}, "verify", "a.pem"),
        ({"VAULT_CAPATH": "/certs"}, "verify", "/certs"),
        ({"SSL_CERT_FILE": "b.pem"}, "verify", "b.pem"),
        ({"VAULT_CACERT": "a.pem", "VAULT_SKIP_VERIFY": "1"}, "verify", False),
        ({"VAULT_SKIP_VERIFY": ""}, "verify", True),
        ({"VAULT_CLIENT_TIMEOUT": "5"}, "timeout", 5.0),
        ({"VAULT_CLIENT_TIMEOUT": "1m30s"}, "timeout", 90.0),
        ({"VAULT_CLIENT_TIMEOUT": "250ms"}, "timeout", 0.25),
        ({"VAULT_CLIENT_CERT": "c", "VAULT_CLIENT_KEY": "k"}, "client_certificate", ("c", "k")),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "proxy", "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, "proxy", None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "a, .example"}, "proxy", None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "xample"}, "proxy", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "*"}, "proxy", None),
        ({"HTTPS_PROXY": "http://proxy:3128", "VAULT_PROXY_ADDR": "http://own:1"}, "proxy", "http://own:1"),
        ({"HTTPS_PROXY": "proxy:3128"}, "proxy", "http://proxy:3128"),
        ({"VAULT_HTTP_PROXY": "http://own:1", "VAULT_PROXY_ADDR": "http://newer:1"}, "proxy", "http://newer:1"),
        ({"BAO_ADDR": "https://bao.example"}, "address", "https://bao.example"),
        ({"VAULT_AGENT_ADDR": "http://127.0.0.1:8100"}, "address", "http://127.0.0.1:8100"),
        ({"BAO_NAMESPACE": "bao", "VAULT_NAMESPACE": "vault"}, "namespace", "bao"),
        ({"BAO_NAMESPACE": "", "VAULT_NAMESPACE": "vault"}, "namespace", "vault"),
        ({"VAULT_CACERT_BYTES": "pem"}, "authorities", "pem"),
        ({"VAULT_CACERT_BYTES": "pem"}, "verify", True),
        ({"VAULT_CACERT_BYTES": "pem", "VAULT_CACERT": "a.pem"}, "authorities", None),
        ({"VAULT_CACERT_BYTES": "pem", "VAULT_CAPATH": "/certs"}, "authorities", "pem"),
        ({"VAULT_TLS_SERVER_NAME": "vault.internal"}, "server_name", "vault.internal"),
        ({}, "max_retries", 0),
        ({"VAULT_MAX_RETRIES": "3"}, "max_retries", 3),
        ({"VAULT_MAX_RETRIES": "-1"}, "max_retries", 0),
        ({"VAULT_RATE_LIMIT": "10"}, "rate", RateLimit(10, 10)),
        ({"VAULT_RATE_LIMIT": "0.5:4"}, "rate", RateLimit(0.5, 4)),
        ({"VAULT_DISABLE_REDIRECTS": "1"}, "follow_redirects", False),
        ({"VAULT_SRV_LOOKUP": "false"}, "follow_redirects", True),
    ],
)
def test_the_environment_is_read(environ: Mapping[str, str], attribute: str, value: object) -> None:
    assert getattr(connect_with(ADDRESS | dict(environ)), attribute) == value


def test_an_address_in_an_exempt_network_needs_no_proxy() -> None:
    environ = {"http_proxy": "http://proxy:3128", "NO_PROXY": "10.0.0.0/8"}
    assert connect_with(environ, address="http://10.1.2.3:8200").proxy is None
    assert connect_with(environ, address="http://11.1.2.3:8200").proxy == "http://proxy:3128"


@pytest.mark.parametrize(
    ("environ", "arguments", "named"),
    [
        ({}, {}, "no address"),
        ({}, {"address": "vault:8200"}, '"vault:8200"'),
        ({}, {"address": "https://"}, '"https://"'),
        ({}, {"address": "https://vault:notaport"}, "notaport"),
        ({}, {"address": "https://vault/?a=b"}, "a=b"),
        ({}, {"address": "unix:///run/vault"}, "unix"),
        (ADDRESS | {"VAULT_SKIP_VERIFY": "yes"}, {}, "VAULT_SKIP_VERIFY"),
        (ADDRESS | {"VAULT_CLIENT_TIMEOUT": "soon"}, {}, "VAULT_CLIENT_TIMEOUT"),
        (ADDRESS | {"VAULT_CLIENT_TIMEOUT": "0"}, {}, "VAULT_CLIENT_TIMEOUT"),
        (ADDRESS | {"VAULT_CLIENT_TIMEOUT": "1.2.3s"}, {}, "VAULT_CLIENT_TIMEOUT"),
        (ADDRESS | {"VAULT_CLIENT_CERT": "c"}, {}, "VAULT_CLIENT_KEY"),
        (ADDRESS | {"VAULT_WRAP_TTL": "5m"}, {}, "VAULT_WRAP_TTL is set, and not supported"),
        (ADDRESS | {"BAO_MFA": "x"}, {}, "BAO_MFA"),
        (ADDRESS | {"VAULT_SRV_LOOKUP": "true"}, {}, "VAULT_SRV_LOOKUP"),
        (ADDRESS | {"VAULT_MAX_RETRIES": "often"}, {}, "VAULT_MAX_RETRIES"),
        (ADDRESS | {"VAULT_RATE_LIMIT": "10:"}, {}, "VAULT_RATE_LIMIT"),
        (ADDRESS | {"VAULT_RATE_LIMIT": "0"}, {}, "VAULT_RATE_LIMIT"),
        (ADDRESS | {"VAULT_DISABLE_REDIRECTS": "perhaps"}, {}, "VAULT_DISABLE_REDIRECTS"),
        (ADDRESS | {"VAULT_PROXY_ADDR": "socks5://proxy:1080"}, {}, "the proxy cannot be used"),
        (ADDRESS, {"client_cert": "c.pem"}, "the client certificate and the client key go together"),
        (ADDRESS, {"timeout": "never"}, 'the client timeout is "never"'),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    environ: Mapping[str, str], arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(VaultSettingsError, match=named):
        connect_with(environ, **arguments)


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(VaultSettingsError) as caught:
        connect_with({}, address="https://user:canary@vault")
    assert "canary" not in str(caught.value)


def test_a_password_in_a_proxy_is_not_shown() -> None:
    assert "canary" not in repr(connect_with(ADDRESS | {"HTTPS_PROXY": "http://user:canary@proxy"}))
    with pytest.raises(VaultSettingsError) as caught:
        connect_with(ADDRESS | {"HTTPS_PROXY": "ftp://user:canary@proxy"})
    assert "canary" not in str(caught.value)


def test_each_setting_of_a_configuration_wins() -> None:
    environ = ADDRESS | {
        "VAULT_CACERT": "env.pem",
        "VAULT_CLIENT_CERT": "env.pem",
        "VAULT_CLIENT_KEY": "env.key",
        "VAULT_TLS_SERVER_NAME": "env",
        "VAULT_PROXY_ADDR": "http://env:1",
        "VAULT_CLIENT_TIMEOUT": "1",
        "VAULT_MAX_RETRIES": "1",
    }
    connection = connect_with(
        environ,
        ca_cert_bytes="pem",
        client_cert="own.pem",
        client_key="own.key",
        tls_server_name="own",
        proxy="http://own:1",
        timeout="2m",
        max_retries=0,
    )
    assert (connection.verify, connection.authorities) == (True, "pem")
    assert connection.client_certificate == ("own.pem", "own.key")
    assert (connection.server_name, connection.proxy, connection.timeout) == ("own", "http://own:1", 120.0)
    assert connection.max_retries == 0
    assert connect_with(environ, ca_path="/certs").verify == "/certs"


@pytest.mark.parametrize("path", ["auth/kubernetes", "kubernetes", "/auth/kubernetes/", " auth/kubernetes "])
def test_the_mount_of_a_login_is_without_auth(path: str) -> None:
    assert mount_point(path) == "kubernetes"


def test_only_the_first_auth_is_taken_off() -> None:
    assert mount_point("auth/auth/team") == "auth/team"


@pytest.mark.parametrize("path", ["", "auth", "auth/", "/", "auth/../sys", "a//b"])
def test_what_is_no_mount_is_refused(path: str) -> None:
    with pytest.raises(VaultSettingsError, match="no mount"):
        mount_point(path)
