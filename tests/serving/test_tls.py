"""HTTPS with certificates that change while it serves."""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from controller.http.tls import ServingCertificate
from sealer.errors import ConfigError
from tests.serving.asking import connected, ended, served
from tests.serving.test_connections import LAST_PROBE

if TYPE_CHECKING:
    from pathlib import Path


def issue(serial: int, *, password: bytes | None = None) -> tuple[bytes, bytes]:
    """Return a self-signed certificate for 127.0.0.1 and `service`, and its key, PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"service {serial}")])
    names = [x509.DNSName("service"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return certificate.public_bytes(pem), key.private_bytes(pem, serialization.PrivateFormat.PKCS8, encryption)


class Volume:
    """A Secret's volume as the kubelet makes it: links to files in a folder that is replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._generation = folder, 0
        (folder / "..data").symlink_to("none")
        for name in ("tls.crt", "tls.key"):
            (folder / name).symlink_to(f"..data/{name}")

    def put(self, certificate: bytes, key: bytes) -> None:
        self._generation += 1
        data = self._folder / f"..{self._generation}"
        data.mkdir()
        (data / "tls.crt").write_bytes(certificate)
        (data / "tls.key").write_bytes(key)
        (self._folder / "..new").symlink_to(data.name)
        (self._folder / "..new").replace(self._folder / "..data")

    def serving(self) -> ServingCertificate:
        found = ServingCertificate.of(str(self._folder / "tls.crt"), str(self._folder / "tls.key"))
        assert found is not None
        return found


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


def trusting(*certificates: bytes) -> ssl.SSLContext:
    return ssl.create_default_context(cadata="".join(map(bytes.decode, certificates)))


async def serial_seen(port: int, context: ssl.SSLContext, name: str) -> int:
    """Return the serial number of the certificate that is shown, and prove that HTTP is served behind it."""
    async with connected(port, context, name) as (reader, writer):
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.write(LAST_PROBE)
        assert (await ended(reader)).startswith(b"HTTP/1.1 200 ")
    return x509.load_der_x509_certificate(shown).serial_number


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["127.0.0.1", "service"])
async def test_a_changed_certificate_is_served_without_a_restart(volume: Volume, name: str) -> None:
    """By address, which sends no server name in the handshake, and by name."""
    first, second = issue(1), issue(2)
    volume.put(*first)
    tls, context = volume.serving(), trusting(first[0], second[0])
    async with served(tls=tls) as (_, port):
        assert await serial_seen(port, context, name) == 1
        volume.put(*second)
        tls.look()
        assert await serial_seen(port, context, name) == 2


@pytest.mark.asyncio
async def test_files_that_cannot_be_used_change_nothing_and_are_told_once(
    volume: Volume, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = issue(1), issue(2)
    volume.put(*first)
    tls, context = volume.serving(), trusting(first[0], second[0])
    async with served(tls=tls) as (_, port):
        for broken in ((second[0], first[1]), (b"", b""), (second[0], b"canary")):
            volume.put(*broken)
            caplog.clear()
            tls.look()
            tls.look()
            assert [record.levelno for record in caplog.records] == [logging.WARNING]
            assert "canary" not in caplog.text
            assert await serial_seen(port, context, "service") == 1
        volume.put(*second)
        tls.look()
        assert await serial_seen(port, context, "service") == 2


@pytest.mark.asyncio
async def test_the_files_are_looked_at_while_it_serves(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServingCertificate.watch, "__defaults__", (0.01,))
    first, second = issue(1), issue(2)
    volume.put(*first)
    context = trusting(first[0], second[0])
    async with served(tls=volume.serving()) as (_, port):
        volume.put(*second)
        for _ in range(1000):
            if await serial_seen(port, context, "service") == 2:
                return
    pytest.fail("the second certificate was never served")


@pytest.mark.asyncio
async def test_old_tls_and_plain_http_are_refused(volume: Volume) -> None:
    pair = issue(1)
    volume.put(*pair)
    old = trusting(pair[0])
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with served(tls=volume.serving()) as (_, port):
        assert await serial_seen(port, trusting(pair[0]), "service") == 1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await serial_seen(port, old, "service")
        async with connected(port) as (reader, writer):
            writer.write(LAST_PROBE)
            assert not (await ended(reader)).startswith(b"HTTP/")


def test_no_files_are_no_tls() -> None:
    assert ServingCertificate.of("", "") is None


@pytest.mark.parametrize(("certificate", "key"), [("a", ""), ("", "b")])
def test_one_file_alone_is_refused(certificate: str, key: str) -> None:
    with pytest.raises(ConfigError, match="belong together"):
        ServingCertificate.of(certificate, key)


def test_files_that_cannot_be_used_at_the_start_are_an_error_that_says_why(volume: Volume) -> None:
    first, second = issue(1), issue(2)
    with pytest.raises(ConfigError, match="no such file or directory"):
        volume.serving()
    for pair, reason in (
        ((first[0], second[1]), "key values mismatch"),
        ((b"canary", b"canary"), "not pem"),
        (issue(3, password=b"x"), "the key is encrypted"),
    ):
        volume.put(*pair)
        with pytest.raises(ConfigError, match=reason) as refused:
            volume.serving()
        assert refused.value.hint is not None
