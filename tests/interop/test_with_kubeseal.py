"""The real kubeseal opens what we seal, and we open what it seals."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sealer.keyring import SealingKey
from tests.interop.conftest import EVERYTHING, LARGE, SCOPES, SIZES, cert, items_of, key, sealer, secret
from tests.support.vectors import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Kubeseal
    from tests.support.vectors import Vector


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scope", SCOPES)
def test_kubeseal_opens_ours(kubeseal: Kubeseal, size: str, scope: str) -> None:
    form = "json" if scope == "strict" else "yaml"
    sealed = sealer("seal", "--cert", cert(size), "--scope", scope, "-o", form, stdin=json.dumps(secret(EVERYTHING)))
    assert items_of(kubeseal.opened(sealed, size)) == EVERYTHING


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scope", SCOPES)
def test_we_open_what_kubeseal_sealed(kubeseal: Kubeseal, size: str, scope: str) -> None:
    arguments = ("--cert", cert(size), "--scope", scope, "--format", "json" if scope == "strict" else "yaml")
    sealed = kubeseal(*arguments, stdin=json.dumps(secret(EVERYTHING)))
    opened = yaml.safe_load(sealer("unseal", "--key", key(size), stdin=sealed))
    assert items_of(opened) == EVERYTHING
    assert "opens" in sealer("verify", "--key", key(size), stdin=sealed)


def test_a_mebibyte_goes_both_ways(kubeseal: Kubeseal) -> None:
    manifest = json.dumps(secret(LARGE))
    ours = sealer("seal", "--cert", cert("rsa-2048"), stdin=manifest)
    assert items_of(kubeseal.opened(ours)) == LARGE
    theirs = kubeseal("--cert", cert("rsa-2048"), stdin=manifest)
    assert items_of(json.loads(sealer("unseal", "--key", key("rsa-2048"), "-o", "json", stdin=theirs))) == LARGE


@pytest.mark.parametrize("scope", SCOPES)
def test_raw_values_go_both_ways(kubeseal: Kubeseal, scope: str) -> None:
    arguments = ("--raw", "--cert", cert("rsa-2048"), "--scope", scope, "--name", "db", "--namespace", "shop")
    for text in (sealer("seal", *arguments, stdin=b"\0value"), kubeseal(*arguments, stdin=b"\0value")):
        sealed = json.dumps(sealed_secret({"a": text}, scope))
        assert items_of(kubeseal.opened(sealed)) == {"a": b"\0value"}
        assert items_of(yaml.safe_load(sealer("unseal", "--key", key("rsa-2048"), stdin=sealed))) == {"a": b"\0value"}


def sealed_secret(items: dict[str, str], scope: str, namespace: str = "shop", name: str = "db") -> dict[str, Any]:
    annotations = {} if scope == "strict" else {f"sealedsecrets.bitnami.com/{scope}": "true"}
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    manifest = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata}
    return manifest | {"spec": {"encryptedData": items}}


@pytest.mark.parametrize("vector", load("values"), ids=str)
def test_kubeseal_is_of_one_mind_with_every_vector(kubeseal: Kubeseal, vector: Vector) -> None:
    header = vector.header
    items = {"a": vector.material.decode()}
    manifest = sealed_secret(items, header["scope"], header["namespace"], header["name"])
    recovery = ("--recovery-unseal", "--recovery-private-key", key(header["key"]))
    done = kubeseal.run(*recovery, stdin=json.dumps(manifest))
    assert (done.returncode == 0) == vector.succeeds, done.stderr
    if vector.succeeds:
        assert items_of(json.loads(done.stdout)) == {"a": base64.b64decode(header["plaintext"])}


OPENING = [vector for vector in load("manifests") if vector.succeeds and vector.name != "opens-legacy"]


@pytest.mark.parametrize("vector", OPENING, ids=str)
def test_kubeseal_makes_the_same_secret_of_a_manifest(kubeseal: Kubeseal, vector: Vector) -> None:
    expected = json.loads(vector.header["secret"])
    opened = kubeseal.opened(vector.material.decode())
    assert items_of(opened) == items_of(expected)
    assert opened.get("type", "") == expected.get("type", "")
    assert opened.get("immutable") == expected.get("immutable")
    assert opened["metadata"].get("labels") == expected["metadata"].get("labels")


TEXTS = [
    *("y", "no", "Off", "1e3", "1E+3", "-.5", "+.5", "0o17", "017", "0b1", "1_000", "190:20:30", "2020-01-01", "~"),
    *("Null", "", " ", " a", "a ", "a: b", "a #b", "#", "- a", "? a", "!a", "&a", "*a", "%a", "@a", "`a", "'a'"),
    *('"a"', "{a}", "[a]", "{{ .x }}", "a\nb", "a\nb\n", "a\n\nb\n\n", "\n", "\na", " a\nb", "a\n b", "a\tb", "\ta"),
    *("a\r\nb", "a\\b", "\x7f", "é", "\u2028", "a\u2028b\nc", "\x85", "a\x85b\nc", "\ufeff", "😀", "😀\nx", "=", "<<"),
    *("---", "...", "|", ">", "a" * 300),
]  # fmt: skip


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_go_reads_our_strings_as_we_meant_them(kubeseal: Kubeseal, form: str) -> None:
    annotations = {f"a{number}": text for number, text in enumerate(TEXTS)}
    labels = dict(zip(("y", "1e3", "on", "0o17"), ("n", "1.30", "~", "010"), strict=True))
    metadata = {"name": "db", "namespace": "shop", "annotations": annotations, "labels": labels}
    manifest = json.dumps(secret({}, metadata=metadata))
    sealed = sealer("seal", "--allow-empty-data", "--cert", cert("rsa-2048"), "-o", form, stdin=manifest)
    opened = kubeseal.opened(sealed)
    assert opened["metadata"]["annotations"] == annotations
    assert opened["metadata"]["labels"] == labels


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_we_read_gos_strings_as_it_meant_them(kubeseal: Kubeseal, form: str) -> None:
    # Of these, Go writes YAML that it does not read as it was either.
    texts = [text for text in TEXTS if form == "json" or not {"\x7f", "\x85"} & set(text)]
    annotations = {f"a{number}": text for number, text in enumerate(texts)}
    metadata = {"name": "db", "namespace": "shop", "annotations": annotations}
    arguments = ("--allow-empty-data", "--cert", cert("rsa-2048"), "--format", form)
    sealed = kubeseal(*arguments, stdin=json.dumps(secret({}, metadata=metadata)))
    opened = json.loads(sealer("unseal", "--key", key("rsa-2048"), "-o", "json", stdin=sealed))
    assert opened["metadata"]["annotations"] == annotations


def test_kubeseal_seals_to_a_certificate_of_ours(kubeseal: Kubeseal, tmp_path: Path) -> None:
    made = SealingKey.generate(bits=2048, common_name="", validity=timedelta(days=1), now=datetime.now(UTC))
    (tmp_path / "cert.pem").write_bytes(made.certificate_pem())
    (tmp_path / "key.pem").write_bytes(made.private_pem())
    arguments = ("--cert", str(tmp_path / "cert.pem"))
    assert kubeseal("--fetch-cert", *arguments) == made.certificate_pem().decode()
    sealed = kubeseal(*arguments, stdin=json.dumps(secret({"a": b"b"})))
    opened = yaml.safe_load(sealer("unseal", "--key", str(tmp_path / "key.pem"), stdin=sealed))
    assert items_of(opened) == {"a": b"b"}
    ours = sealer("seal", *arguments, stdin=json.dumps(secret({"a": b"b"})))
    recovery = ("--recovery-unseal", "--recovery-private-key", str(tmp_path / "key.pem"))
    assert items_of(json.loads(kubeseal(*recovery, stdin=ours))) == {"a": b"b"}


@pytest.mark.parametrize("vector", load("certificates"), ids=str)
def test_what_we_seal_to_kubeseal_seals_to(kubeseal: Kubeseal, tmp_path: Path, vector: Vector) -> None:
    """The other way round we are stricter, by design: small keys, damaged certificates."""
    (tmp_path / "cert.pem").write_bytes(vector.material)
    done = kubeseal.run("--cert", str(tmp_path / "cert.pem"), stdin=json.dumps(secret({"a": b"b"})))
    stricter = {"refused-rsa-1024", "refused-modulus-flipped", "refused-signature-flipped"}
    if vector.succeeds or vector.name in stricter:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode != 0
