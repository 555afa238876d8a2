"""`sealer unseal` and `sealer verify --key`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.vectors import certificate_pem, key_pem, load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Session
    from tests.support.vectors import Vector

KEY = ("--key", "key.pem")


@pytest.fixture
def sealed(sealer: Session, folder: Path) -> str:
    """A SealedSecret, which stands in sealed.yaml too."""
    text = sealer("seal", "--cert", "cert.pem", "secret.yaml").stdout
    (folder / "sealed.yaml").write_text(text)
    return text


def test_verify_says_what_opens(sealer: Session, sealed: str) -> None:
    result = sealer("verify", *KEY, "sealed.yaml", "-", stdin=sealed)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == (
        "sealed.yaml, document 1, line 2: SealedSecret shop/db opens\n"
        "stdin, document 1, line 2: SealedSecret shop/db opens\n"
    )
    assert sealer("verify", *KEY, "--quiet", "sealed.yaml").stdout == ""


def test_verify_goes_on_and_names_each_that_does_not_open(sealer: Session, sealed: str) -> None:
    moved = sealed.replace("  namespace: shop", "  namespace: bank", 1)
    malformed = sealed.replace("password: A", "password: '!")[:-1].replace("=\n", "='\n")
    lines = sealed.count("\n")
    stream = f"{moved}{sealed}---\nkind: Secret\napiVersion: v1\n{malformed}\n"
    result = sealer("verify", *KEY, stdin=stream)
    assert result.code == 5
    assert result.stdout == f"stdin, document 2, line {lines + 2}: SealedSecret shop/db opens\n"
    assert result.stderr.splitlines() == [
        "error: stdin, document 1, line 2: SealedSecret bank/db: no key could decrypt secret (password)",
        "hint: it was sealed for shop/db under strict scope, and is bank/db under strict",
        f"error: stdin, document 3, line {2 * lines + 2}: expected bitnami.com/v1alpha1 SealedSecret, found v1 Secret",
        f"error: stdin, document 4, line {2 * lines + 5}: SealedSecret shop/db: item password is not standard base64",
        "hint: was the manifest cut off or edited by hand?",
    ]


def test_verify_of_a_template_does_not_render_it(sealer: Session, sealed: str) -> None:
    manifest = yaml.safe_load(sealed)
    manifest["spec"]["template"]["data"] = {"x": "{{ .nonsense"}
    assert sealer("verify", *KEY, stdin=json.dumps(manifest)).code == 0


def test_the_defects_of_the_existing_validate_are_errors_here(sealer: Session) -> None:
    for text in ("", "a: [", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", "kind: List\nitems: []\n"):
        assert sealer("verify", *KEY, stdin=text).code == 3


def test_unseal_writes_all_or_nothing(sealer: Session, folder: Path, sealed: str) -> None:
    moved = sealed.replace("  namespace: shop", "  namespace: bank", 1)
    result = sealer("unseal", *KEY, "-w", "out.yaml", stdin=sealed + moved)
    line = sealed.count("\n") + 2
    assert (result.code, result.stdout) == (5, "")
    assert result.stderr == (
        f"error: stdin, document 2, line {line}: SealedSecret bank/db: no key could decrypt secret (password)\n"
        "hint: it was sealed for shop/db under strict scope, and is bank/db under strict\n"
    )
    assert not (folder / "out.yaml").exists()


def test_unseal_takes_every_document(sealer: Session, sealed: str) -> None:
    assert len(list(yaml.safe_load_all(sealer("unseal", *KEY, stdin=sealed * 3).stdout))) == 3


def test_keys_come_from_key_secrets_and_backups_too(sealer: Session, folder: Path, sealed: str) -> None:
    def encoded(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    def key_secret(name: str) -> dict[str, object]:
        data = {"tls.key": encoded(key_pem(name)), "tls.crt": encoded(certificate_pem(name))}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}

    backup = {"apiVersion": "v1", "kind": "List", "items": [key_secret("rsa-3072"), key_secret("rsa-2048")]}
    (folder / "backup.yaml").write_text(yaml.safe_dump(backup))
    (folder / "other.pem").write_bytes(key_pem("rsa-4096"))
    for keys in (("--key", "backup.yaml"), ("-k", "other.pem", "-k", "key.pem")):
        assert sealer("unseal", *keys, stdin=sealed).code == 0
    assert sealer("unseal", "--key", "other.pem", stdin=sealed).code == 5
    from_stdin = sealer("unseal", "--key", "-", "sealed.yaml", stdin=key_pem("rsa-2048"))
    assert from_stdin.code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("unseal",), 2, "missing option '-k' / '--key'"),
        (("unseal", "--key", "-"), 2, "standard input can be read only once"),
        (("verify", "--key", "-"), 2, "standard input can be read only once"),
        (("unseal", "--key", "missing.pem"), 3, "cannot read missing.pem"),
        (("unseal", "--key", "secret.yaml"), 4, "secret.yaml: the Secret db has no item tls.key"),
        (("verify", "--key", "cert.pem"), 4, "cert.pem: this is not an unencrypted PEM private key"),
    ],
)
def test_keys_that_are_none_are_named(
    sealer: Session, sealed: str, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = sealer(*arguments, stdin=sealed)
    assert (result.code, result.stdout) == (code, "")
    assert message in result.stderr


@pytest.mark.parametrize("vector", load("manifests"), ids=str)
def test_every_vector_comes_to_its_exit_code(sealer: Session, vector: Vector) -> None:
    codes = {"success": 0, "InputError": 3, "UnsealError": 5}
    for command in ("unseal", "verify"):
        result = sealer("-v", command, *KEY, stdin=vector.material)
        assert result.code == codes[vector.header["expect"]]
        assert vector.header.get("message", "") in result.stderr
        assert "correct horse" not in result.stderr
