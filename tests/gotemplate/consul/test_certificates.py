"""`pkiCert`: issued by a real Vault once, then taken from the template's own file as long as it is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sealer.errors import InputError
from sealer.gotemplate import ExecError
from sealer.gotemplate.consul import (
    Fetcher,
    IssueCertificate,
    SecretResponse,
    Surroundings,
    parse_template,
    render_with,
)
from sealer.gotemplate.consul.pems import find_pems
from tests.gotemplate.consul.memory import MemoryReader
from tests.gotemplate.consul.reader import VaultReader

if TYPE_CHECKING:
    from deploy.local.vault import VaultServer

BUNDLE: Final = (
    '{{ with pkiCert "pki/issue/web" "common_name=web.example.com" "ttl=1h" }}'
    "{{ .Cert }}{{ .Key }}{{ range .CAChain }}{{ . }}{{ end }}{{ end }}"
)
NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)


def made(subject: str, hours: int, *, authority: bool = False) -> tuple[str, str]:
    """A certificate signed by itself that began at noon, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(hours=hours))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


LEAF, KEY = made("web", 10)
CA, _ = made("ca", 100, authority=True)
ROOT, _ = made("root", 1000, authority=True)


def answer() -> SecretResponse:
    data = {"certificate": LEAF, "private_key": KEY, "issuing_ca": CA, "ca_chain": [CA, ROOT], "serial_number": "1"}
    return SecretResponse(data=data)


def test_parts_of_a_bundle_are_told_apart_in_any_order_and_among_other_text() -> None:
    found = find_pems(f"# a comment\n{CA}key: {KEY.strip()} end\n{ROOT}\n{LEAF}{CA}trailing")
    assert (found.certificate, found.key, found.ca, found.ca_chain) == (LEAF, KEY, CA, (CA, ROOT))


def test_a_certificate_is_good_for_nine_tenths_of_its_life() -> None:
    found = find_pems(LEAF)
    assert found.renew_at == NOON + timedelta(hours=9)
    assert found.is_good(NOON + timedelta(hours=8, minutes=59))
    assert not found.is_good(NOON + timedelta(hours=9))


def test_text_without_a_certificate_is_never_good() -> None:
    assert not find_pems("nothing").is_good(NOON)
    assert not find_pems(KEY + CA).is_good(NOON)


def test_a_block_that_is_neither_key_nor_certificate_is_refused() -> None:
    with pytest.raises(InputError, match="neither a private key nor a certificate"):
        find_pems("-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n")


def test_a_good_certificate_in_the_destination_is_kept_and_a_due_one_replaced() -> None:
    reader = MemoryReader(answers={"pki/issue/web": answer()})
    files: dict[str, bytes] = {}
    template = parse_template(BUNDLE)

    def render(hours: float) -> bytes:
        now = NOON + timedelta(hours=hours)
        fetcher = Fetcher(reader, read_file=files.get, now=lambda: now)
        return render_with(template, fetcher, surroundings=Surroundings(destination="/run/bundle")).output

    files["/run/bundle"] = render(0)
    assert files["/run/bundle"].decode() == LEAF + KEY + CA + ROOT
    assert render(8) == files["/run/bundle"]
    assert reader.asked == ["pki/issue/web"]
    with pytest.raises(InputError, match="due for renewal already"):
        render(9.5)  # a new one was asked for, and is as old as the first
    assert reader.asked == ["pki/issue/web", "pki/issue/web"]
    assert reader.sent[0] == {"common_name": "web.example.com", "ttl": "1h"}


def test_other_text_in_the_destination_is_no_certificate() -> None:
    reader = MemoryReader(answers={"pki/issue/web": answer()})
    fetcher = Fetcher(reader, read_file=lambda _: b"old content\n", now=lambda: NOON)
    rendered = render_with(parse_template(BUNDLE), fetcher, surroundings=Surroundings(destination="/run/bundle"))
    assert rendered.used == (
        IssueCertificate("pki/issue/web", (("common_name", "web.example.com"), ("ttl", "1h")), "/run/bundle"),
    )
    assert "s3cret" not in repr(rendered)
    assert KEY.splitlines()[1] not in repr(rendered.known)


def test_a_field_that_a_certificate_has_not_is_an_error() -> None:
    reader = MemoryReader(answers={"pki/issue/web": answer()})
    with pytest.raises(ExecError, match="can't evaluate field Nope"):
        render_with(
            parse_template('{{ with pkiCert "pki/issue/web" }}{{ .Nope }}{{ end }}'), Fetcher(reader, now=lambda: NOON)
        )


def test_a_real_vault_issues_one_certificate_for_two_renderings(vault: VaultServer) -> None:
    vault.request("POST", "sys/mounts/pki", {"type": "pki"})
    vault.request("POST", "pki/root/generate/internal", {"common_name": "root", "ttl": "24h"})
    vault.request("POST", "pki/roles/web", {"allow_any_name": True, "max_ttl": "2h"})
    reader = VaultReader(vault, [])
    files: dict[str, bytes] = {}
    for _ in range(2):
        fetcher = Fetcher(reader, read_file=files.get)
        rendered = render_with(parse_template(BUNDLE), fetcher, surroundings=Surroundings(destination="/run/bundle"))
        assert files.setdefault("/run/bundle", rendered.output) == rendered.output
    assert reader.asked == ["write pki/issue/web"]
    certificate = x509.load_pem_x509_certificate(files["/run/bundle"])
    assert certificate.subject.rfc4514_string() == "CN=web.example.com"
    vault.request("DELETE", "sys/mounts/pki")
