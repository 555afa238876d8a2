"""Exchanging the certificate under live connections."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization

from injector.webhook.serving.source import Files
from sealer.errors import ConfigError
from sealer.serving.switch import Switch, Terms
from tests.support import certificates

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = ("sealer-injector.sealer.svc", "127.0.0.1", "::1")


def handshake(server: ssl.SSLContext, ca: bytes, host: str, *, least: ssl.TLSVersion | None = None) -> str:
    """Shake hands in memory, with a client that trusts only `ca` and expects `host`; return the version."""
    client = ssl.create_default_context(cadata=ca.decode())
    if least is not None:
        client.maximum_version = least
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    first = client.wrap_bio(to_client, to_server, server_hostname=host)
    ends = [first, server.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(8):
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)
    assert not ends
    return str(first.version())


@pytest.mark.parametrize("host", HOSTS)
def test_the_certificate_is_trusted_under_each_of_its_names(host: str) -> None:
    serving, switch = certificates.generate(HOSTS), Switch()
    switch.take(serving.certificate, serving.key)
    assert handshake(switch.context, serving.ca, host) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(switch.context, serving.ca, "other.sealer.svc")


def test_each_new_connection_gets_the_certificate_taken_last() -> None:
    first, second, switch = certificates.generate(HOSTS), certificates.generate(HOSTS), Switch()
    switch.take(first.certificate, first.key)
    handshake(switch.context, first.ca, HOSTS[0])
    switch.take(second.certificate, second.key)
    handshake(switch.context, second.ca, HOSTS[0])
    handshake(switch.context, second.ca, HOSTS[1])
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(switch.context, first.ca, HOSTS[0])


def test_a_pair_that_does_not_belong_together_leaves_the_one_before_in_place() -> None:
    first, second, switch = certificates.generate(HOSTS), certificates.generate(HOSTS), Switch()
    switch.take(first.certificate, first.key)
    with pytest.raises(ConfigError, match="key values mismatch"):
        switch.take(second.certificate, first.key)
    handshake(switch.context, first.ca, HOSTS[0])


def test_the_oldest_version_can_be_chosen() -> None:
    serving, switch = certificates.generate(HOSTS), Switch(Terms(ssl.TLSVersion.TLSv1_3))
    switch.take(serving.certificate, serving.key)
    with pytest.raises(ssl.SSLError):
        handshake(switch.context, serving.ca, HOSTS[0], least=ssl.TLSVersion.TLSv1_2)


def test_ciphers_that_nobody_knows_are_an_error() -> None:
    with pytest.raises(ConfigError, match="no cipher of 'nonsense' is known"):
        Switch(Terms(ciphers="nonsense"))


def test_files_are_taken_up_again_when_they_change(tmp_path: Path) -> None:
    first, second = certificates.generate(HOSTS), certificates.generate(HOSTS)
    files = Files(Switch(), *first.write(tmp_path))
    files.switch.take_files(files.certificate, files.key)
    files.look()
    handshake(files.context, first.ca, HOSTS[0])
    files.certificate.write_bytes(second.certificate)
    files.look()
    handshake(files.context, first.ca, HOSTS[0])
    files.key.write_bytes(second.key)
    files.look()
    handshake(files.context, second.ca, HOSTS[0])
    files.key.unlink()
    files.look()
    handshake(files.context, second.ca, HOSTS[0])


def test_a_missing_foreign_or_encrypted_key_is_an_error_that_names_the_files(tmp_path: Path) -> None:
    certificate, key = certificates.generate(HOSTS).write(tmp_path)
    (tmp_path / "other").mkdir()
    _, foreign = certificates.generate(HOSTS).write(tmp_path / "other")
    encrypted = tmp_path / "encrypted.key"
    loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
    password = serialization.BestAvailableEncryption(b"password")
    pkcs8 = serialization.PrivateFormat.PKCS8
    encrypted.write_bytes(loaded.private_bytes(serialization.Encoding.PEM, pkcs8, password))
    for wrong, says in ((tmp_path / "missing", "no such file"), (foreign, "mismatch"), (encrypted, "encrypted")):
        with pytest.raises(ConfigError, match=says) as raised:
            Switch().take_files(certificate, wrong)
        assert str(wrong) in raised.value.message
