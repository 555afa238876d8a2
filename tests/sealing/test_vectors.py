"""Every vector of tests/vectors is run, and told what it must come to."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Final

import pytest

from sealer import documents, wire
from sealer.certificate import Recipient
from sealer.errors import CertificateError, InputError, SealerError, UnsealError
from sealer.keyring import Keyring, SealingKey
from sealer.manifest import SealedSecret, Secret
from sealer.scope import Scope, label_for
from sealer.unseal import unseal
from sealer.wire.rsa import hybrid_decrypt
from tests.support.vectors import Vector, certificate_pem, key_pem, load

NOW: Final = datetime(2026, 12, 1, tzinfo=UTC)
ERRORS: Final = {"InputError": InputError, "UnsealError": UnsealError, "CertificateError": CertificateError}
VALUES: Final = load("values")
MANIFESTS: Final = load("manifests")
CERTIFICATES: Final = load("certificates")


@pytest.fixture(scope="session")
def keys() -> dict[str, SealingKey]:
    names = ("rsa-2048", "rsa-3072", "rsa-4096")
    return {name: SealingKey.from_pem(key_pem(name), certificate_pem(name)) for name in names}


def label(vector: Vector) -> bytes:
    header = vector.header
    return label_for(Scope(header["scope"]), header["namespace"], header["name"])


@pytest.mark.parametrize("vector", VALUES, ids=str)
def test_a_sealed_value_comes_to_what_its_vector_says(vector: Vector, keys: dict[str, SealingKey]) -> None:
    text, key = vector.material.decode(), keys[vector.header["key"]]
    match vector.header["expect"]:
        case "success":
            plaintext = hybrid_decrypt(key.private_key, wire.decode(text), label(vector))
            assert plaintext == base64.b64decode(vector.header["plaintext"])
        case "no-key":
            with pytest.raises(wire.NotThisKeyError):
                hybrid_decrypt(key.private_key, wire.decode(text), label(vector))
        case "malformed":
            with pytest.raises(wire.MalformedValueError):
                hybrid_decrypt(key.private_key, wire.decode(text), label(vector))
        case other:
            pytest.fail(f"no such expectation: {other}")


@pytest.mark.parametrize("vector", [v for v in VALUES if v.header["expect"] == "no-key"], ids=str)
def test_nothing_tells_which_check_of_a_value_failed(vector: Vector, keys: dict[str, SealingKey]) -> None:
    keyring = Keyring.of([keys[vector.header["key"]]])
    with pytest.raises(UnsealError) as caught:
        keyring.open(vector.material.decode(), label(vector))
    assert (str(caught.value), caught.value.hint) == ("no key could decrypt secret", None)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("vector", MANIFESTS, ids=str)
def test_a_manifest_comes_to_what_its_vector_says(vector: Vector, keys: dict[str, SealingKey]) -> None:
    keyring = Keyring.of([keys[vector.header["key"]]])
    if vector.succeeds:
        (secret,) = unsealed(vector, keyring)
        assert secret == Secret.from_manifest(json.loads(vector.header["secret"]))
    else:
        with pytest.raises(SealerError) as caught:
            unsealed(vector, keyring)
        assert isinstance(caught.value, ERRORS[vector.header["expect"]])
        assert vector.header["message"] in str(caught.value)


def unsealed(vector: Vector, keyring: Keyring) -> list[Secret]:
    found = documents.read(vector.material, vector.name)
    return [unseal(SealedSecret.from_manifest(document.value), keyring).secret for document in found]


@pytest.mark.parametrize("vector", CERTIFICATES, ids=str)
def test_a_certificate_comes_to_what_its_vector_says(vector: Vector, keys: dict[str, SealingKey]) -> None:
    if vector.succeeds:
        assert Recipient.from_pem(vector.material, now=NOW).fingerprint == keys["rsa-2048"].fingerprint
    else:
        with pytest.raises(CertificateError) as caught:
            Recipient.from_pem(vector.material, now=NOW)
        assert vector.header["message"] in str(caught.value)


@pytest.mark.parametrize("vectors", [VALUES, MANIFESTS, CERTIFICATES], ids=["values", "manifests", "certificates"])
def test_three_vectors_of_failure_stand_to_one_of_success(vectors: list[Vector]) -> None:
    successes = sum(vector.succeeds for vector in vectors)
    assert successes > 0
    assert len(vectors) - successes >= 3 * successes


@pytest.mark.parametrize("vector", VALUES + MANIFESTS + CERTIFICATES, ids=str)
def test_every_vector_says_what_it_is_and_who_made_it(vector: Vector) -> None:
    assert {"expect", "comment", "made-by"} <= vector.header.keys()
