from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from injector.errors import ServingError
from injector.webhook import certificates

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = ("sealer-injector.sealer.svc", "127.0.0.1", "::1")


def _now() -> datetime:
    return datetime.now(UTC)


def _handshake(server: ssl.SSLContext, ca: bytes, host: str) -> None:
    """Shake hands in memory, with a client that trusts only `ca` and expects `host`."""
    client = ssl.create_default_context(cadata=ca.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(8):
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)
    assert not ends


@pytest.mark.parametrize("host", HOSTS)
def test_the_leaf_is_trusted_by_who_trusts_the_ca(host: str) -> None:
    serving = certificates.generate(HOSTS, _now())
    _handshake(certificates.context_in_memory(serving), serving.ca, host)


def test_the_leaf_is_not_trusted_under_another_name() -> None:
    serving = certificates.generate(HOSTS, _now())
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(certificates.context_in_memory(serving), serving.ca, "other.sealer.svc")


def test_the_leaf_is_not_trusted_by_who_trusts_the_ca_of_another_process() -> None:
    serving, other = (certificates.generate(HOSTS, _now()) for _ in range(2))
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(certificates.context_in_memory(serving), other.ca, HOSTS[0])


def test_both_certificates_are_valid_for_a_year() -> None:
    now = _now()
    serving = certificates.generate(HOSTS, now)
    for pem in (serving.ca, serving.certificate):
        certificate = x509.load_pem_x509_certificate(pem)
        assert certificate.not_valid_before_utc < now
        assert abs(certificate.not_valid_after_utc - now - timedelta(days=365)) < timedelta(seconds=2)


def test_the_private_key_does_not_show() -> None:
    serving = certificates.generate(HOSTS, _now())
    assert "PRIVATE KEY" in serving.key.decode()
    assert "PRIVATE" not in repr(serving)


def test_the_bundle_keeps_the_newest_other_ca_and_no_more() -> None:
    now = _now()
    first, second, third = (certificates.generate(HOSTS, now).ca for _ in range(3))
    assert certificates.bundle(first, b"", now) == first
    assert certificates.bundle(second, first, now) == second + first
    assert certificates.bundle(third, second + first, now) == third + second
    assert certificates.bundle(third, third + second, now) == third + second


@pytest.mark.parametrize("current", [b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_an_unreadable_bundle_is_replaced(current: bytes) -> None:
    own = certificates.generate(HOSTS, _now()).ca
    assert certificates.bundle(own, current, _now()) == own


def test_an_expired_ca_is_not_kept() -> None:
    old = certificates.generate(HOSTS, _now() - timedelta(days=400)).ca
    own = certificates.generate(HOSTS, _now()).ca
    assert certificates.bundle(own, old, _now()) == own


def _files(folder: Path) -> tuple[Path, Path]:
    serving = certificates.generate(HOSTS, _now())
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_bytes(serving.certificate)
    key.write_bytes(serving.key)
    return certificate, key


def test_certificate_and_key_can_come_from_files(tmp_path: Path) -> None:
    certificate, key = _files(tmp_path)
    assert certificates.context(certificate, key).minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_missing_foreign_or_encrypted_key_is_an_error_that_names_the_files(tmp_path: Path) -> None:
    certificate, key = _files(tmp_path)
    (tmp_path / "other").mkdir()
    _, foreign = _files(tmp_path / "other")
    encrypted = tmp_path / "encrypted.key"
    loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
    encrypted.write_bytes(
        loaded.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
    )
    for wrong in (tmp_path / "missing", foreign, encrypted):
        with pytest.raises(ServingError) as raised:
            certificates.context(certificate, wrong)
        assert str(wrong) in raised.value.message
