from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from sealer.certificate import issue
from sealer.errors import CertificateError, UnsealError
from sealer.keyring import Keyring, SealingKey
from sealer.wire import MalformedValueError, encode
from sealer.wire.rsa import hybrid_encrypt
from tests.support.vectors import certificate_pem, key_pem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Counting:
    """An RSA key that counts how often it was tried."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self.key = key
        self.tries = 0

    def decrypt(self, ciphertext: bytes, padding: Any) -> bytes:
        self.tries += 1
        return self.key.decrypt(ciphertext, padding)


def begun(key: SealingKey, at: datetime) -> SealingKey:
    return replace(key, certificate=issue(key.private_key, common_name="", validity=DAY, now=at))


def sealed_to(key: SealingKey, plaintext: bytes = b"value", label: bytes = b"shop/db") -> str:
    return encode(hybrid_encrypt(key.private_key.public_key(), plaintext, label))


def test_the_newest_key_comes_first_and_is_the_one_to_seal_to(key: SealingKey, other_key: SealingKey) -> None:
    old, new = begun(key, BEGIN), begun(other_key, BEGIN + DAY)
    assert Keyring.of([old, new]).keys == (new, old)
    assert Keyring.of([new, old]).newest is new


def test_keys_without_a_certificate_come_last(key: SealingKey, other_key: SealingKey) -> None:
    bare = replace(other_key, certificate=None)
    assert Keyring.of([bare, begun(key, BEGIN)]).keys[-1] is bare


def test_of_two_keys_as_old_as_each_other_the_first_stays_first(key: SealingKey, other_key: SealingKey) -> None:
    one, two = begun(key, BEGIN), begun(other_key, BEGIN)
    assert Keyring.of([one, two]).keys == (one, two)
    assert Keyring.of([two, one]).keys == (two, one)


def test_a_key_given_twice_counts_once_with_its_newest_certificate(key: SealingKey) -> None:
    old, new, bare = begun(key, BEGIN), begun(key, BEGIN + DAY), replace(key, certificate=None)
    for given in ([old, new, bare], [bare, new, old]):
        assert Keyring.of(given).keys == (new,)


def test_an_empty_keyring_has_nothing_to_seal_to_and_opens_nothing(key: SealingKey) -> None:
    empty = Keyring.of([])
    assert len(empty) == 0
    with pytest.raises(CertificateError, match="no sealing key"):
        _ = empty.newest
    with pytest.raises(UnsealError):
        empty.open(sealed_to(key), b"shop/db")


def test_any_key_of_the_ring_opens_and_is_named(key: SealingKey, other_key: SealingKey) -> None:
    ring = Keyring.of([key, other_key])
    for one in (key, other_key):
        opened = ring.open(sealed_to(one), b"shop/db")
        assert (opened.plaintext, opened.fingerprint) == (b"value", one.fingerprint)


def test_a_good_hint_costs_one_private_key_operation(key: SealingKey, other_key: SealingKey) -> None:
    counters = [Counting(key.private_key), Counting(other_key.private_key)]
    counted = [replace(k, private_key=cast("Any", c)) for k, c in zip((key, other_key), counters, strict=True)]
    for ring in (Keyring.of(counted), Keyring.of(counted[::-1])):
        ring.open(sealed_to(other_key), b"shop/db", prefer=other_key.fingerprint)
    assert [counter.tries for counter in counters] == [0, 2]


@pytest.mark.parametrize("hint", [None, "", "SHA256:unknown"])
def test_a_bad_hint_only_costs_tries(key: SealingKey, other_key: SealingKey, hint: str | None) -> None:
    ring = Keyring.of([key, other_key])
    assert ring.open(sealed_to(key), b"shop/db", prefer=hint).plaintext == b"value"
    assert ring.open(sealed_to(key), b"shop/db", prefer=other_key.fingerprint).plaintext == b"value"


def test_what_is_no_sealed_value_is_another_error_than_what_does_not_open(key: SealingKey) -> None:
    ring = Keyring.of([key])
    with pytest.raises(MalformedValueError):
        ring.open("no base64!", b"")
    with pytest.raises(UnsealError):
        ring.open(sealed_to(key), b"shop/other")


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_a_key_is_read_in_both_forms(key: SealingKey, form: PrivateFormat) -> None:
    pem = key.private_key.private_bytes(Encoding.PEM, form, NoEncryption())
    assert SealingKey.from_pem(pem).fingerprint == key.fingerprint


def test_a_key_and_its_certificate_keep_their_bytes(key: SealingKey) -> None:
    assert key.private_pem() == key_pem("rsa-2048")
    assert key.certificate_pem() == certificate_pem("rsa-2048")


def test_a_bare_key_has_no_certificate_to_give(key: SealingKey) -> None:
    with pytest.raises(CertificateError, match="has no certificate"):
        SealingKey.from_pem(key.private_pem()).certificate_pem()


def test_a_certificate_of_another_key_is_refused() -> None:
    for certificate in ("rsa-3072", "rsa-4096"):
        with pytest.raises(CertificateError, match="does not belong"):
            SealingKey.from_pem(key_pem("rsa-2048"), certificate_pem(certificate))


def test_an_encrypted_key_is_refused_without_a_word_of_its_bytes(key: SealingKey) -> None:
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass"))
    with pytest.raises(CertificateError, match="not an unencrypted PEM private key") as caught:
        SealingKey.from_pem(pem)
    assert caught.value.__suppress_context__


def test_a_key_of_another_kind_is_refused() -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    pem = elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(CertificateError, match="not an RSA key"):
        SealingKey.from_pem(pem)


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN RSA PRIVATE KEY-----\n", b"hello"])
def test_what_is_no_key_is_refused(damage: bytes) -> None:
    with pytest.raises(CertificateError, match="not an unencrypted PEM private key"):
        SealingKey.from_pem(damage)


def test_a_damaged_key_that_opens_nothing_is_refused_although_openssl_is_not_asked_to_check_it() -> None:
    lines = key_pem("rsa-2048").splitlines()
    der = bytearray(base64.b64decode(b"".join(lines[1:-1])))
    for at in (400, 600):  # within d and within p: of one alone, OpenSSL helps itself with the other
        der[at] ^= 8
    pem = lines[0] + b"\n" + base64.encodebytes(bytes(der)) + lines[-1] + b"\n"
    with pytest.raises(CertificateError, match="damaged"):
        SealingKey.from_pem(pem, certificate_pem("rsa-2048"))


def test_a_new_key_opens_what_is_sealed_to_its_certificate() -> None:
    made = SealingKey.generate(bits=2048, common_name="new", validity=DAY, now=BEGIN)
    assert made.private_key.key_size == 2048
    assert made.not_before == BEGIN
    again = SealingKey.from_pem(made.private_pem(), made.certificate_pem())
    assert again.fingerprint == made.fingerprint


def test_neither_a_key_nor_what_it_opened_shows_itself(key: SealingKey) -> None:
    opened = Keyring.of([key]).open(sealed_to(key, b"canary-plaintext"), b"shop/db")
    for shown in (repr(opened), str(opened)):
        assert "canary" not in shown
    assert repr(key) == f"SealingKey(fingerprint={key.fingerprint!r})"
