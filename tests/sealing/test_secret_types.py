"""https://kubernetes.io/docs/concepts/configuration/secret/#secret-types, type by type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sealer.errors import InputError
from sealer.manifest import SealedSecret, Secret
from sealer.scope import Scope
from sealer.seal import check_sealable, seal
from sealer.unseal import unseal

if TYPE_CHECKING:
    from sealer.certificate import Recipient
    from sealer.keyring import Keyring

ACCOUNT = "kubernetes.io/service-account.name"
COMPLETE: dict[str, dict[str, bytes]] = {
    "Opaque": {"a": b"b"},
    "kubernetes.io/service-account-token": {"extra": b"x"},
    "kubernetes.io/dockercfg": {".dockercfg": b'{"registry": {"auth": "dTpw"}}'},
    "kubernetes.io/dockerconfigjson": {".dockerconfigjson": b'{"auths": {}}'},
    "kubernetes.io/basic-auth": {"username": b"u", "password": b"p"},
    "kubernetes.io/ssh-auth": {"ssh-privatekey": b"-----BEGIN OPENSSH PRIVATE KEY-----"},
    "kubernetes.io/tls": {"tls.crt": b"c", "tls.key": b"k"},
    "bootstrap.kubernetes.io/token": {"token-id": b"abcdef", "token-secret": b"0123456789abcdef"},
    "example.com/own": {"whatever": b"x"},
}


def of_type(kind: str, data: dict[str, bytes], *, account: bool = True) -> Secret:
    annotations = {"annotations": {ACCOUNT: "builder"}} if account else {}
    return Secret("shop", "s", data, type=kind, metadata=annotations)


@pytest.mark.parametrize("kind", COMPLETE)
def test_every_type_round_trips(kind: str, recipient: Recipient, keyring: Keyring) -> None:
    secret = of_type(kind, COMPLETE[kind])
    check_sealable(secret)
    manifest = seal(secret, recipient, Scope.STRICT).to_manifest()
    assert unseal(SealedSecret.from_manifest(manifest), keyring).secret == secret


MISSING = [
    ("kubernetes.io/dockercfg", {"x": b"{}"}, "lacks the required item .dockercfg"),
    ("kubernetes.io/dockerconfigjson", {".dockercfg": b"{}"}, "lacks the required item .dockerconfigjson"),
    ("kubernetes.io/basic-auth", {"user": b"u"}, "lacks both username and password"),
    ("kubernetes.io/ssh-auth", {"id_rsa": b"x"}, "lacks the required item ssh-privatekey"),
    ("kubernetes.io/ssh-auth", {"ssh-privatekey": b""}, "lacks a value of the item ssh-privatekey"),
    ("kubernetes.io/tls", {"tls.crt": b"c"}, "lacks the required item tls.key"),
    ("kubernetes.io/tls", {"a": b"c"}, "lacks the required items tls.crt, tls.key"),
    ("bootstrap.kubernetes.io/token", {"token-id": b"abcdef"}, "lacks the required item token-secret"),
    ("kubernetes.io/dockercfg", {".dockercfg": b"auth=x"}, "the item .dockercfg is not a JSON object"),
    ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": b"[]"}, "is not a JSON object"),
    ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": b"\xff\xfe"}, "is not a JSON object"),
    ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": b"[" * 100_000}, "is not a JSON object"),
]


@pytest.mark.parametrize(("kind", "data", "message"), MISSING)
def test_a_type_without_what_it_requires_is_refused_but_with_the_flag(
    kind: str, data: dict[str, bytes], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        check_sealable(of_type(kind, data))
    assert "--allow-incomplete-type" in str(caught.value.hint)
    check_sealable(of_type(kind, data), allow_incomplete_type=True)


def test_a_service_account_token_needs_its_account_and_no_items() -> None:
    check_sealable(of_type("kubernetes.io/service-account-token", {}))
    with pytest.raises(InputError, match=f"lacks the annotation {ACCOUNT}"):
        check_sealable(of_type("kubernetes.io/service-account-token", {}, account=False))


@pytest.mark.parametrize("item", ["username", "password"])
def test_basic_auth_needs_one_of_its_two_items(item: str) -> None:
    check_sealable(of_type("kubernetes.io/basic-auth", {item: b"x"}))


def test_an_item_that_is_no_json_is_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        check_sealable(of_type("kubernetes.io/dockercfg", {".dockercfg": b"canary"}))
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None
