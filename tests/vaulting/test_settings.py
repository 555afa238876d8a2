from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from injector.vault.auth import mount_point
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
        (ADDRESS | {"VAULT_CACERT_BYTES": "x"}, {}, "VAULT_CACERT_BYTES"),
        (ADDRESS | {"VAULT_TLS_SERVER_NAME": "x"}, {}, "VAULT_TLS_SERVER_NAME"),
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


@pytest.mark.parametrize("path", ["auth/kubernetes", "kubernetes", "/auth/kubernetes/", " auth/kubernetes "])
def test_the_mount_of_a_login_is_without_auth(path: str) -> None:
    assert mount_point(path) == "kubernetes"


def test_only_the_first_auth_is_taken_off() -> None:
    assert mount_point("auth/auth/team") == "auth/team"


@pytest.mark.parametrize("path", ["", "auth", "auth/", "/", "auth/../sys", "a//b"])
def test_what_is_no_mount_is_refused(path: str) -> None:
    with pytest.raises(VaultSettingsError, match="no mount"):
        mount_point(path)
