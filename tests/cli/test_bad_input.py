"""Bad input: a clear error that names file, document and line, a hint, a non-zero exit, nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SECRET, Session

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "---\n" + SECRET

BROKEN = {
    "empty": ("", "bad.yaml: there is no document in it"),
    "comment": ("# nothing\n", "bad.yaml: there is no document in it"),
    "broken-yaml": ("a: {\n", "bad.yaml, document 1, line 1: not valid YAML"),
    "second-broken": (GOOD + "---\nkind: [\n", "bad.yaml, document 2, line 10: not valid YAML"),
    "second-empty": (GOOD + "---\n---\n" + SECRET, "bad.yaml, document 2, line 10: the document is empty"),
    "third": (GOOD * 2 + GOOD.replace("kind: Secret", "kind: Pod"), "document 3, line 18: expected v1 Secret"),
    "config-map": (SECRET.replace("kind: Secret", "kind: ConfigMap"), "line 1: expected v1 Secret, found v1 ConfigMap"),
    "sealed-already": (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\n",
        "found bitnami.com/v1alpha1 SealedSecret",
    ),
    "not-base64": (SECRET.replace("stringData", "data"), "line 7: data.password: not standard base64"),
    "number": (SECRET.replace("hunter2", "7"), "line 7: stringData.password: expected a string, found a number"),
    "boolean": (SECRET.replace("hunter2", "yes"), "line 7: stringData.password: expected a string, found a boolean"),
    "misspelt": (SECRET.replace("stringData", "stringdata"), "line 7: stringdata: a Secret has no such field"),
    "duplicate": (SECRET + "  password: canary\n", "line 8: the key password appears twice"),
    "no-name": (SECRET.replace("  name: db\n", ""), "metadata.name: missing"),
    "bad-name": (SECRET.replace("name: db", "name: D_b"), "'D_b' is not a valid name"),
    "tag": (SECRET.replace("hunter2", "!canary"), "line 7: a value begins with !"),
    "alias": (SECRET.replace("hunter2", "*canary"), "line 7: not valid YAML: found undefined alias"),
    "word": ("just words\n", "line 1: expected a mapping"),
    "list": ("- a\n- b\n", "line 1: expected a mapping"),
    "empty-list": ("apiVersion: v1\nkind: List\nitems: []\n", "line 1: a List without items"),
    "list-item": (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n",
        "document 1, line 4: expected v1 Secret, found v1 ConfigMap",
    ),
    "json": ('{"kind": "Secret",\n"x" 1}', "document 1, line 2: not valid JSON"),
    "latin-1": (SECRET + "# \udce9\n", "bad.yaml, line 8: not UTF-8 text"),
    "control": (SECRET + "# \x01\n", "bad.yaml, line 8: not valid YAML: it holds the character U+0001"),
}  # fmt: skip
HINTED = {
    "empty",
    "comment",
    "second-empty",
    "not-base64",
    "number",
    "misspelt",
    "bad-name",
    "tag",
    "latin-1",
    "control",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_sealed_is_named_and_nothing_is_written(sealer: Session, folder: Path, name: str) -> None:
    text, message = BROKEN[name]
    (folder / "bad.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = sealer("seal", "--cert", "cert.pem", "secret.yaml", "bad.yaml", "-w", "out.yaml")
    assert (result.code, result.stdout) == (3, "")
    assert result.stderr.startswith("error: bad.yaml")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert "hunter2" not in result.stderr
    assert "canary" not in result.stderr
    assert ("hint: " in result.stderr) >= (name in HINTED)
    assert not (folder / "out.yaml").exists()


@pytest.mark.parametrize("name", BROKEN)
def test_the_same_on_standard_input_leaves_standard_output_empty(sealer: Session, name: str) -> None:
    text, message = BROKEN[name]
    data = text.encode("utf-8", "surrogateescape")
    result = sealer("seal", "--cert", "cert.pem", stdin=data)
    assert (result.code, result.stdout) == (3, "")
    assert message.replace("bad.yaml", "stdin") in result.stderr


@pytest.mark.parametrize("name", BROKEN)
def test_a_traceback_is_shown_when_asked_for_and_holds_no_secret(sealer: Session, folder: Path, name: str) -> None:
    (folder / "bad.yaml").write_bytes(BROKEN[name][0].encode("utf-8", "surrogateescape"))
    result = sealer("-v", "seal", "--cert", "cert.pem", "bad.yaml")
    assert result.stderr.startswith("Traceback")
    assert "hunter2" not in result.stderr
    assert "canary" not in result.stderr


def test_a_failure_keeps_the_output_that_was_there(sealer: Session, folder: Path) -> None:
    (folder / "out.yaml").write_text("old")
    assert sealer("seal", "--cert", "cert.pem", "-w", "out.yaml", stdin="a: [").code == 3
    assert (folder / "out.yaml").read_text() == "old"


@pytest.mark.parametrize("output", ["secret.yaml", "./secret.yaml", "link.yaml", "hard.yaml"])
def test_the_input_is_never_written_over(sealer: Session, folder: Path, output: str) -> None:
    (folder / "link.yaml").symlink_to("secret.yaml")
    (folder / "hard.yaml").hardlink_to(folder / "secret.yaml")
    result = sealer("seal", "--cert", "cert.pem", "secret.yaml", "-w", output)
    assert result.code == 2
    assert f"{output} is both input and output" in result.stderr
    assert (folder / "secret.yaml").read_text() == SECRET


def test_no_source_and_no_key_is_written_over_either(sealer: Session, folder: Path) -> None:
    sealed = sealer("seal", "--cert", "cert.pem", "secret.yaml").stdout
    before = (folder / "key.pem").read_bytes()
    assert sealer("unseal", "--key", "key.pem", "-w", "key.pem", stdin=sealed).code == 2
    named = ("--name", "a", "-n", "b")
    assert sealer("seal", "--cert", "cert.pem", *named, "-f", "a=key.pem", "-w", "key.pem").code == 2
    assert sealer("seal", "--cert", "cert.pem", *named, "--from-env-file", "key.pem", "-w", "key.pem").code == 2
    assert sealer("cert", "--cert", "key.pem", "-w", "key.pem").code == 2
    assert (folder / "key.pem").read_bytes() == before


@pytest.mark.parametrize(
    ("output", "reason"),
    [("missing/out.yaml", "no such file or directory"), (".", "is a directory"), ("key.pem/out", "not a directory")],
)
def test_an_output_that_cannot_be_written_is_named(sealer: Session, output: str, reason: str) -> None:
    result = sealer("seal", "--cert", "cert.pem", "secret.yaml", "-w", output)
    assert (result.code, result.stdout, result.stderr) == (3, "", f"error: cannot write {output}: {reason}\n")


@pytest.mark.parametrize(("path", "reason"), [("missing.yaml", "no such file or directory"), (".", "is a directory")])
def test_an_input_that_cannot_be_read_is_named(sealer: Session, path: str, reason: str) -> None:
    for command in (("seal", "--cert", "cert.pem"), ("verify", "--key", "key.pem"), ("unseal", "--key", "key.pem")):
        result = sealer(*command, path)
        assert (result.code, result.stdout, result.stderr) == (3, "", f"error: cannot read {path}: {reason}\n")


def test_one_name_for_several_secrets_is_refused(sealer: Session) -> None:
    result = sealer("seal", "--cert", "cert.pem", "--name", "x", stdin=GOOD * 2)
    assert (result.code, result.stdout) == (2, "")
    assert "--name names one Secret, but there are 2" in result.stderr


def test_a_file_name_that_is_not_utf8_does_not_matter(sealer: Session, folder: Path) -> None:
    name = b"secret-\xff.yaml"
    (folder / name.decode("utf-8", "surrogateescape")).write_text(SECRET)
    sealed = sealer("seal", "--cert", "cert.pem", name.decode("utf-8", "surrogateescape"))
    assert sealed.code == 0
    path = folder / "sealed-\udcff.yaml"
    path.write_text(sealed.stdout)
    assert "sealed-\ufffd.yaml, document 1" in sealer("verify", "--key", "key.pem", path.name).stdout
