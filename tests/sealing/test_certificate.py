from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer.certificate import Recipient, fingerprint, issue, public_key_of, read_certificate
from sealer.errors import CertificateError
from tests.support.vectors import certificate_pem

if TYPE_CHECKING:
    from sealer.keyring import SealingKey

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def test_the_existing_systems_certificate_is_read_though_its_extensions_cannot_be() -> None:
    certificate = read_certificate(certificate_pem("rsa-2048"))
    assert public_key_of(certificate).key_size == 2048
    with pytest.raises(ValueError, match="encipher_only"):
        _ = certificate.extensions


def test_the_fingerprint_is_that_of_the_keys_ssh_encoding(key: SealingKey) -> None:
    numbers = key.private_key.public_key().public_numbers()

    def field(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    def integer(value: int) -> bytes:
        return value.to_bytes(value.bit_length() // 8 + 1, "big")

    wire = field(b"ssh-rsa") + field(integer(numbers.e)) + field(integer(numbers.n))
    expected = base64.b64encode(hashlib.sha256(wire).digest()).decode().rstrip("=")
    assert fingerprint(key.private_key.public_key()) == f"SHA256:{expected}"


def test_a_certificate_of_ours_says_what_its_key_is_for(key: SealingKey) -> None:
    certificate = issue(key.private_key, common_name="sealer", validity=10 * DAY, now=BEGIN)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_encipherment
    assert not usage.value.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.subject == certificate.issuer
    assert certificate.subject.rfc4514_string() == "CN=sealer"
    assert certificate.not_valid_before_utc == BEGIN
    assert certificate.not_valid_after_utc == BEGIN + 10 * DAY
    certificate.verify_directly_issued_by(certificate)


def test_a_certificate_of_ours_may_have_no_name(key: SealingKey) -> None:
    certificate = issue(key.private_key, common_name="", validity=DAY, now=BEGIN, serial=lambda: 5)
    assert certificate.subject.rfc4514_string() == ""
    assert certificate.serial_number == 5


def test_serial_numbers_differ(key: SealingKey) -> None:
    one, two = (issue(key.private_key, common_name="", validity=DAY, now=BEGIN) for _ in range(2))
    assert one.serial_number != two.serial_number


def test_a_certificate_is_sealed_to_up_to_its_last_second(key: SealingKey) -> None:
    text = pem(issue(key.private_key, common_name="x", validity=DAY, now=BEGIN))
    assert Recipient.from_pem(text, now=BEGIN + DAY).not_after == BEGIN + DAY
    with pytest.raises(CertificateError, match="expired on 2026-01-02"):
        Recipient.from_pem(text, now=BEGIN + DAY + timedelta(seconds=1))


def test_a_recipient_knows_key_and_dates(key: SealingKey) -> None:
    text = pem(issue(key.private_key, common_name="x", validity=DAY, now=BEGIN))
    recipient = Recipient.from_pem(text, now=BEGIN)
    assert isinstance(recipient.public_key, RSAPublicKey)
    assert recipient.fingerprint == key.fingerprint
    assert recipient.not_before == BEGIN


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # a damaged one may be negative
@given(at=st.integers(0, 2000), byte=st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_no_damage_to_a_certificate_raises_anything_else_or_changes_the_key(
    key: SealingKey, at: int, byte: int
) -> None:
    der = bytearray(base64.b64decode(b"".join(certificate_pem("rsa-2048").splitlines()[1:-1])))
    der[at % len(der)] = byte
    damaged = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(bytes(der)) + b"-----END CERTIFICATE-----\n"
    try:
        recipient = Recipient.from_pem(damaged, now=datetime(2026, 12, 1, tzinfo=UTC))
    except CertificateError:
        return
    assert recipient.fingerprint == key.fingerprint
