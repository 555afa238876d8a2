"""`sealer set` and `sealer unset`: the items of a file change, and nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import yaml

from tests.support.vectors import certificate_pem, key_pem

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Session

CERT: Final = ("--cert", "cert.pem")
KEY: Final = ("--key", "key.pem")


@pytest.fixture
def sealed(sealer: Session, folder: Path) -> Path:
    """A SealedSecret with comments, beside a ConfigMap, with the line ends of Windows and none at the end."""
    made = sealer("seal", "secret.yaml", *CERT, "--scope", "namespace-wide").stdout.removeprefix("---\n").rstrip()
    text = f"# of the shop\n---\nkind: ConfigMap # {{}}\ndata: {{a:   b}}\n---\n{made} # type\n# the end"
    path = folder / "sealed.yaml"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\r\n")


def opened(sealer: Session, path: Path) -> dict[str, str]:
    """Return the items of the SealedSecret in a file, as it opens in the end."""
    documents = [one for one in yaml.safe_load_all(path.read_text()) if one.get("kind") == "SealedSecret"]
    done = sealer("unseal", *KEY, stdin=yaml.safe_dump_all(documents))
    assert done.code == 0, done.stderr
    data: dict[str, str] = yaml.safe_load(done.stdout)["data"]
    return data


def test_an_item_from_standard_input_is_one_more_line(sealer: Session, sealed: Path) -> None:
    before = lines(sealed)
    result = sealer("set", "sealed.yaml", "token", *CERT, stdin=b"t\xff")
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    after = lines(sealed)
    new = [line for line in after if line not in before]
    assert len(new) == 1
    assert new[0].startswith(b"    token: Ag") or new[0].startswith(b"    token: AQ")
    assert [line for line in after if line not in new] == before
    assert opened(sealer, sealed) == {"password": "aHVudGVyMg==", "token": "dP8="}


def test_an_item_that_is_replaced_is_sealed_for_the_scope_of_the_file(
    sealer: Session, folder: Path, sealed: Path
) -> None:
    (folder / "new").write_bytes(b"hunter3")
    before = lines(sealed)
    assert sealer("set", "sealed.yaml", "password=new", *CERT).code == 0
    changed = [old for old, new in zip(before, lines(sealed), strict=True) if old != new]
    assert [line[:14] for line in changed] == [b"    password: "]
    assert opened(sealer, sealed) == {"password": "aHVudGVyMw=="}


def test_items_from_every_source(sealer: Session, folder: Path, sealed: Path) -> None:
    (folder / "a").write_bytes(b"1")
    (folder / "env").write_bytes(b"B=2\n")
    sources = ["a", "--from-file", "c=a", "--from-env-file", "env", "--from-literal", "d=3"]
    result = sealer("set", "sealed.yaml", *sources, *CERT, stdin=b"0")
    assert (result.code, result.stderr.count("note: --from-literal stays in the shell's history")) == (0, 1)
    assert opened(sealer, sealed) == {"password": "aHVudGVyMg==", "a": "MA==", "B": "Mg==", "c": "MQ==", "d": "Mw=="}


def test_with_the_key_at_hand_a_value_that_is_the_same_keeps_its_ciphertext(sealer: Session, sealed: Path) -> None:
    before = sealed.read_bytes()
    assert sealer("set", "sealed.yaml", "password", *CERT, *KEY, stdin="hunter2").code == 0
    assert sealed.read_bytes() == before
    assert sealer("set", "sealed.yaml", "password", *CERT, *KEY, stdin="hunter3").code == 0
    assert opened(sealer, sealed) == {"password": "aHVudGVyMw=="}


def test_without_the_key_it_is_sealed_anew(sealer: Session, sealed: Path) -> None:
    before = sealed.read_bytes()
    assert sealer("set", "sealed.yaml", "password", *CERT, stdin="hunter2").code == 0
    assert sealed.read_bytes() != before


def test_items_under_two_keys_are_told_and_open(sealer: Session, folder: Path, sealed: Path) -> None:
    (folder / "new.pem").write_bytes(certificate_pem("rsa-3072"))
    (folder / "key.pem").write_bytes(key_pem("rsa-2048") + key_pem("rsa-3072"))
    old = yaml.safe_load(sealed.read_text().split("---")[2])["metadata"]["annotations"]["sealer.dev/sealed-with"]
    assert sealer("set", "sealed.yaml", "token", "--cert", "new.pem", stdin="t").code == 0
    hint = yaml.safe_load(sealed.read_text().split("---")[2])["metadata"]["annotations"]["sealer.dev/sealed-with"]
    new, _, rest = hint.partition(",")
    assert (rest, new.startswith("SHA256:")) == (old, True)
    assert opened(sealer, sealed) == {"password": "aHVudGVyMg==", "token": "dA=="}


def test_mode_and_link_stay(sealer: Session, folder: Path, sealed: Path) -> None:
    sealed.chmod(0o640)
    (folder / "link.yaml").symlink_to("sealed.yaml")
    assert sealer("set", "link.yaml", "token", *CERT, stdin="t").code == 0
    assert (folder / "link.yaml").is_symlink()
    assert sealed.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in folder.iterdir()} >= {"sealed.yaml", "link.yaml"}
    assert not list(folder.glob(".sealer-*"))


def test_one_of_several_is_chosen_by_name_and_namespace(sealer: Session, folder: Path, sealed: Path) -> None:
    one = sealed.read_text().split("---")[2]
    both = one + "\n---" + one.replace("name: db", "name: api")
    (folder / "both.yaml").write_text(both)
    result = sealer("set", "both.yaml", "token", *CERT, stdin="t")
    assert result.code == 2
    assert "both.yaml holds 2 SealedSecrets" in result.stderr
    assert "shop/db, shop/api" in result.stderr
    assert sealer("set", "both.yaml", "token", *CERT, "--name", "api", "-n", "shop", stdin="t").code == 0
    first, second = yaml.safe_load_all((folder / "both.yaml").read_text())
    assert ("token" in first["spec"]["encryptedData"], "token" in second["spec"]["encryptedData"]) == (False, True)
    assert sealer("unset", "both.yaml", "token", "--name", "none").code == 3


def test_unset_takes_out_the_line_of_the_item(sealer: Session, sealed: Path) -> None:
    before = sealed.read_bytes()
    assert sealer("set", "sealed.yaml", "token", *CERT, stdin="t").code == 0
    assert sealer("unset", "sealed.yaml", "token").code == 0
    assert sealed.read_bytes() == before


def test_the_last_item_is_removed_on_purpose_only(sealer: Session, sealed: Path) -> None:
    before = sealed.read_bytes()
    result = sealer("unset", "sealed.yaml", "password")
    assert (result.code, "no item would be left" in result.stderr, sealed.read_bytes()) == (3, True, before)
    assert sealer("unset", "sealed.yaml", "password", "--allow-empty-data").code == 0
    assert b"encryptedData: {}" in sealed.read_bytes()


def test_an_item_that_the_type_requires_is_removed_on_purpose_only(sealer: Session, folder: Path) -> None:
    (folder / "a").write_bytes(b"x")
    items = ["-f", "tls.crt=a", "-f", "tls.key=a", "--type", "kubernetes.io/tls"]
    assert sealer("seal", "--name", "web", "-n", "shop", *items, *CERT, "-w", "tls.yaml").code == 0
    result = sealer("unset", "tls.yaml", "tls.key")
    assert (result.code, "lacks the required item tls.key" in result.stderr) == (3, True)
    assert sealer("unset", "tls.yaml", "tls.key", "--allow-incomplete-type").code == 0


def test_a_moved_file_is_noted(sealer: Session, sealed: Path) -> None:
    sealed.write_bytes(sealed.read_bytes().replace(b"namespace: shop", b"namespace: other"))
    result = sealer("set", "sealed.yaml", "token", *CERT, stdin="t")
    assert result.code == 0
    assert "SealedSecret other/db was moved" in result.stderr


REFUSED: Final = {
    "a value for a path": (("set", "sealed.yaml", "password=hunter2"), 3, "cannot read the file for password: no such"),
    "nothing": (("set", "sealed.yaml"), 2, "there is nothing to set"),
    "an empty path": (("set", "sealed.yaml", "a="), 2, "an item is KEY, whose value is on standard input, or KEY=PATH"),
    "twice": (("set", "sealed.yaml", "a", "--from-literal", "a=b"), 2, "the item a is given twice"),
    "stdin twice": (("set", "sealed.yaml", "a", "b"), 2, "standard input can be read only once"),
    "a bad key": (("set", "sealed.yaml", "a b"), 3, "'a b' is not a valid item key"),
    "itself": (("set", "sealed.yaml", "a=sealed.yaml"), 2, "sealed.yaml is both input and output"),
    "standard input": (("set", "-", "a"), 2, "a file is edited in place, and standard input is none"),
    "no file": (("set", "none.yaml", "a"), 3, "cannot read none.yaml: no such file"),
    "a Secret": (("set", "secret.yaml", "a"), 3, "secret.yaml: there is no SealedSecret in it"),
    "a bad certificate": (("set", "sealed.yaml", "a", "--cert", "secret.yaml"), 4, "not a PEM certificate"),
    "no item": (("unset", "sealed.yaml", "a", "password"), 3, "line 6: SealedSecret shop/db: there is no item a"),
    "no key": (("unset", "sealed.yaml"), 2, "missing argument 'KEY...'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_leaves_the_file(sealer: Session, sealed: Path, name: str) -> None:
    before = sealed.read_bytes()
    arguments, code, message = REFUSED[name]
    cert = CERT if arguments[0] == "set" and "--cert" not in arguments else ()
    result = sealer(*arguments, *cert, stdin="canary")
    assert (result.code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "hunter2" not in result.stderr
    assert "canary" not in result.stderr
    assert sealed.read_bytes() == before


def test_the_deprecated_form_is_refused(sealer: Session, folder: Path) -> None:
    head = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\n"
    text = head + "spec: {data: AgA=, encryptedData: {}}\n"
    (folder / "old.yaml").write_text(text)
    result = sealer("set", "old.yaml", "a", *CERT, stdin="x")
    assert (result.code, "old.yaml, document 1, line 1: SealedSecret a: the deprecated" in result.stderr) == (3, True)
