from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sealer.errors import CertificateError, InputError
from sealer.recovery import read_keyring
from tests.sealing.samples import b64
from tests.support.vectors import certificate_pem, key_pem

if TYPE_CHECKING:
    from sealer.keyring import Keyring

RSA_2048 = "SHA256:AZl5m9DWCShqCFnpR4rWkKQ2MxAikQYYqd/AVrGy30c"


def key_secret(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"sealed-secrets-key-{name}", "creationTimestamp": None},
        "type": "kubernetes.io/tls",
        "data": {"tls.key": b64(key_pem(name)), "tls.crt": b64(certificate_pem(name))},
    } | fields


def fingerprints(*files: bytes) -> list[str]:
    return [key.fingerprint for key in ring(*files).keys]


def ring(*files: bytes) -> Keyring:
    return read_keyring([(f"file{number}", data) for number, data in enumerate(files, 1)])


def test_a_bare_key_is_read() -> None:
    (key,) = ring(key_pem("rsa-2048")).keys
    assert (key.fingerprint, key.certificate) == (RSA_2048, None)


@pytest.mark.parametrize("prefix", [b"", b"Bag Attributes\n    localKeyID: 01\n", b"\n\n", b"# my key\r\n"])
def test_text_before_a_key_is_passed_over(prefix: bytes) -> None:
    assert fingerprints(prefix + key_pem("rsa-2048")) == [RSA_2048]
    assert fingerprints(prefix + key_pem("rsa-2048").replace(b"\n", b"\r\n")) == [RSA_2048]


def test_a_certificate_beside_a_key_is_its_own() -> None:
    for data in (key_pem("rsa-2048") + certificate_pem("rsa-2048"), certificate_pem("rsa-2048") + key_pem("rsa-2048")):
        assert ring(data).newest.certificate is not None


def test_every_key_of_a_pem_file_counts() -> None:
    assert len(ring(key_pem("rsa-2048") + key_pem("rsa-3072"))) == 2


def test_key_secrets_are_read_from_yaml_json_lists_and_streams() -> None:
    one, two = key_secret("rsa-2048"), key_secret("rsa-3072")
    bare = {key: value for key, value in one.items() if key not in {"kind", "apiVersion"}}
    backups: list[bytes] = [
        yaml.safe_dump_all([one, two]).encode(),
        (json.dumps(one) + json.dumps(two)).encode(),
        yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [one, two]}).encode(),
        json.dumps({"apiVersion": "v1", "kind": "SecretList", "items": [bare, two]}).encode(),
    ]
    for backup in backups:
        assert len(ring(backup)) == 2


def test_files_are_joined_and_a_key_in_both_counts_once() -> None:
    secret = yaml.safe_dump(key_secret("rsa-2048")).encode()
    joined = ring(key_pem("rsa-2048"), secret, key_pem("rsa-3072"))
    assert len(joined) == 2
    assert joined.newest.certificate is not None


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", InputError, "file1: there is no document"),
        (b"hello\n", InputError, "file1, document 1, line 1: expected a mapping"),
        (b"a: [", InputError, "file1, document 1, line 1: not valid YAML"),
        (certificate_pem("rsa-2048"), CertificateError, "file1: this is not an unencrypted PEM private key"),
        (yaml.safe_dump(key_secret("rsa-2048", data={})).encode(), CertificateError, "no item tls.key"),
        (yaml.safe_dump(key_secret("rsa-2048", kind="ConfigMap")).encode(), InputError, "found v1 ConfigMap"),
        (b"apiVersion: v1\nkind: List\nitems: []\n", CertificateError, "file1: there is no key Secret in it"),
        (
            yaml.safe_dump(key_secret("rsa-2048", data={"tls.key": b64(b"canary")})).encode(),
            CertificateError,
            "file1, Secret sealed-secrets-key-rsa-2048: this is not an unencrypted PEM private key",
        ),
        (
            yaml.safe_dump(
                key_secret(
                    "rsa-2048", data={"tls.key": b64(key_pem("rsa-2048")), "tls.crt": b64(certificate_pem("rsa-3072"))}
                )
            ).encode(),
            CertificateError,
            "does not belong to its certificate",
        ),
    ],
)
def test_what_holds_no_usable_key_is_refused_by_name(data: bytes, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        ring(data)
    assert message in str(caught.value)
    assert "canary" not in str(caught.value)
