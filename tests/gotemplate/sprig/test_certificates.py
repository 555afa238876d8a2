"""Keys are of their kind, certificates verify against their CA, and Go takes both and makes the same."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from sealer.gotemplate import ExecError
from tests.gotemplate.sprig.rendering import render, render_by_go, steady

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

CHAIN = """
{{- $ca := genCA "the-ca" 365 -}}
{{- $leaf := genSignedCert "leaf" (list "10.0.0.1" "::1") (list "leaf.example" "*.example") 30 $ca -}}
{{- list $ca.Cert $ca.Key $leaf.Cert $leaf.Key | join "SPLIT" -}}
"""
PAIR = "{{ with %s }}{{ .Cert }}SPLIT{{ .Key }}{{ end }}"


def split(output: str) -> list[str]:
    return output.split("SPLIT")


def certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def key(pem: str) -> PrivateKeyTypes:
    return load_pem_private_key(pem.encode(), None)


def generated(kind: str) -> str:
    return render(f'{{{{ genPrivateKey "{kind}" }}}}')


def test_an_rsa_key_has_4096_bits() -> None:
    written = generated("rsa")
    found = key(written)
    assert written.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert isinstance(found, rsa.RSAPrivateKey)
    assert found.key_size == 4096


def test_a_dsa_key_has_2048_and_256_bits() -> None:
    written = generated("dsa")
    found = key(written)
    assert written.startswith("-----BEGIN DSA PRIVATE KEY-----\n")
    assert isinstance(found, dsa.DSAPrivateKey)
    assert (found.key_size, found.parameters().parameter_numbers().q.bit_length()) == (2048, 256)


def test_an_ecdsa_key_is_of_p256() -> None:
    written = generated("ecdsa")
    found = key(written)
    assert written.startswith("-----BEGIN EC PRIVATE KEY-----\n")
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    assert isinstance(found.curve, ec.SECP256R1)


def test_an_ed25519_key_is_pkcs8() -> None:
    written = generated("ed25519")
    assert written.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert isinstance(key(written), ed25519.Ed25519PrivateKey)


def test_a_signed_certificate_verifies_against_its_ca() -> None:
    ca_pem, ca_key, leaf_pem, leaf_key = split(render(CHAIN))
    ca, leaf = certificate(ca_pem), certificate(leaf_pem)
    verifier = PolicyBuilder().store(Store([ca])).build_server_verifier(x509.DNSName("leaf.example"))
    assert verifier.verify(leaf, []) == [leaf, ca]
    assert key(ca_key).public_key() == ca.public_key()
    assert key(leaf_key).public_key() == leaf.public_key()
    assert leaf.issuer == ca.subject


def test_a_signed_certificate_says_what_was_asked_for() -> None:
    _, _, leaf_pem, _ = split(render(CHAIN, services=steady()))
    leaf = certificate(leaf_pem)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "leaf"
    assert names.get_values_for_type(x509.DNSName) == ["leaf.example", "*.example"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("10.0.0.1"),
        ipaddress.ip_address("::1"),
    ]
    assert leaf.not_valid_before_utc == datetime.fromtimestamp(1_700_000_000, UTC)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=30)


def test_a_self_signed_certificate_verifies_against_itself() -> None:
    pem, _ = split(render(PAIR % '(genSelfSignedCert "self" nil (list "self.example") 1)'))
    found = certificate(pem)
    found.verify_directly_issued_by(found)
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("kind", ["ecdsa", "ed25519"])
def test_a_given_key_is_kept(kind: str) -> None:
    written = generated(kind)
    pem, kept = split(render(PAIR % '(genCAWithKey "ca" 1 .key)', {"key": written}))
    assert kept == written
    assert certificate(pem).public_key() == key(written).public_key()


def test_a_dsa_key_signs_no_certificate() -> None:
    with pytest.raises(ExecError, match=r"does not implement crypto\.Signer"):
        render('{{ genCAWithKey "ca" 1 (genPrivateKey "dsa") }}')


def test_an_error_does_not_show_the_key() -> None:
    pem = generated("ecdsa").replace("MHc", "AAA")
    with pytest.raises(ExecError) as caught:
        render('{{ genCAWithKey "ca" 1 .key }}', {"key": pem})
    assert pem.splitlines()[1][:8] not in str(caught.value)


def described(pem: str) -> list[Any]:
    """What does not differ from one certificate of the same key and request to the next."""
    found = certificate(pem)
    extensions = [(one.oid.dotted_string, one.critical, one.value.public_bytes()) for one in found.extensions]
    common = [attribute.value for attribute in found.subject], [attribute.value for attribute in found.issuer]
    return [extensions, common, found.version, found.signature_algorithm_oid.dotted_string]


@pytest.mark.real
@pytest.mark.parametrize("kind", ["ecdsa", "ed25519", "rsa"])
@pytest.mark.parametrize(
    "call",
    [
        '(genCAWithKey "ca" 3 .key)',
        '(genCAWithKey "" 3 .key)',
        '(genSelfSignedCertWithKey "self" (list "1.2.3.4" "::ffff:1.2.3.4") (list "a.example") 3 .key)',
        '(genSelfSignedCertWithKey "" nil (list "a.example") 3 .key)',
        '(genSelfSignedCertWithKey "self" (list) (list) 3 .key)',
        '(genSignedCertWithKey "leaf" (list "10.0.0.1") (list "b.example") 3 (genCAWithKey "ca" 9 .other) .key)',
        '(genSignedCertWithKey "ca" nil nil 3 (genCAWithKey "ca" 9 .other) .key)',
    ],
)
def test_a_certificate_says_what_that_of_go_says(kind: str, call: str) -> None:
    data = {"key": generated(kind), "other": generated("ecdsa")}
    ours, theirs = split(render(PAIR % call, data)), split(render_by_go(PAIR % call, data))
    assert described(ours[0]) == described(theirs[0])
    assert ours[1] == theirs[1]


@pytest.mark.real
def test_go_signs_with_our_ca_and_we_sign_with_that_of_go() -> None:
    make = '{{ with genCAWithKey "ca" 9 (genPrivateKey "ecdsa") }}{{ .Cert }}SPLIT{{ .Key }}{{ end }}'
    sign = PAIR % '(genSignedCert "leaf" nil (list "leaf.example") 1 (buildCustomCert (b64enc .cert) (b64enc .key)))'
    for maker, signer in ((render, render_by_go), (render_by_go, render)):
        ca_pem, ca_key = split(maker(make))
        leaf_pem, _ = split(signer(sign, {"cert": ca_pem, "key": ca_key}))
        ca = certificate(ca_pem)
        verifier = PolicyBuilder().store(Store([ca])).build_server_verifier(x509.DNSName("leaf.example"))
        assert verifier.verify(certificate(leaf_pem), [])


@pytest.mark.real
@pytest.mark.parametrize("kind", ["rsa", "dsa", "ecdsa", "ed25519"])
def test_each_reads_the_keys_of_the_other(kind: str) -> None:
    cert, _ = split(render(PAIR % '(genCAWithKey "ca" 1 (genPrivateKey "ecdsa"))'))
    build = "{{ (buildCustomCert (b64enc .cert) (b64enc .key)).Key }}"
    ours, theirs = generated(kind), render_by_go(f'{{{{ genPrivateKey "{kind}" }}}}')
    assert render_by_go(build, {"cert": cert, "key": ours}) == ours
    assert render(build, {"cert": cert, "key": theirs}) == theirs
