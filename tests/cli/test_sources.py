from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Session

SEAL = ("seal", "--cert", "cert.pem")
NAMED = ("--name", "db", "--namespace", "shop")


def items(sealer: Session, *arguments: str, stdin: bytes = b"") -> dict[str, bytes]:
    result = sealer(*SEAL, *NAMED, *arguments, stdin=stdin)
    assert result.code == 0, result.stderr
    opened = sealer("unseal", "--key", "key.pem", stdin=result.stdout)
    return {key: base64.b64decode(value) for key, value in yaml.safe_load(opened.stdout)["data"].items()}


def test_items_come_from_files_standard_input_and_env_files(sealer: Session, folder: Path) -> None:
    (folder / "password.txt").write_bytes(b"hun\0ter2\n")
    (folder / "app.env").write_bytes(b"A=1\nB=2\n")
    arguments = (
        "--from-file",
        "./password.txt",
        "-f",
        "key=password.txt",
        "-f",
        "typed=-",
        "--from-env-file",
        "app.env",
    )
    assert items(sealer, *arguments, stdin=b"\xff") == {
        "password.txt": b"hun\0ter2\n",
        "key": b"hun\0ter2\n",
        "typed": b"\xff",
        "A": b"1",
        "B": b"2",
    }


def test_an_env_file_may_be_standard_input(sealer: Session) -> None:
    assert items(sealer, "--from-env-file", "-", stdin=b"A=1") == {"A": b"1"}


def test_a_literal_works_and_says_that_the_shell_remembers_it(sealer: Session) -> None:
    result = sealer(*SEAL, *NAMED, "--from-literal", "a=b")
    assert result.code == 0
    assert "history" in result.stderr


def test_the_type_is_as_given(sealer: Session, folder: Path) -> None:
    (folder / "config.json").write_text("{}")
    kind = "kubernetes.io/dockerconfigjson"
    arguments = ("-f", ".dockerconfigjson=config.json", "--type", kind)
    result = sealer(*SEAL, *NAMED, *arguments)
    assert yaml.safe_load(result.stdout)["spec"]["template"]["type"] == kind


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-f", "cert.pem"), 2, "the Secret needs a name"),
        (("--name", "db", "-f", "cert.pem", "secret.yaml"), 2, "manifests and --from-… cannot be combined"),
        (("--type", "Opaque", "secret.yaml"), 2, "--type goes with --from-…"),
        (("--name", "", "-f", "cert.pem"), 2, "--name is empty"),
        (("--namespace", "", "secret.yaml"), 2, "--namespace is empty"),
        ((*NAMED, "-f", "a=cert.pem", "-f", "a=key.pem"), 2, "the item a is given twice"),
        ((*NAMED, "-f", "a=-", "-f", "b=-"), 2, "standard input can be read only once"),
        ((*NAMED, "-f", "a=-", "--from-env-file", "-"), 2, "standard input can be read only once"),
        (("-", "-"), 2, "standard input can be read only once"),
        ((*NAMED, "-f", "-"), 2, "--from-file - needs an item key"),
        ((*NAMED, "-f", "a=missing"), 3, "cannot read missing: no such file or directory"),
        ((*NAMED, "-f", "a=."), 3, "cannot read .: is a directory"),
        ((*NAMED, "-f", "a/b=cert.pem"), 3, "'a/b' is not a valid item key"),
        ((*NAMED, "--from-literal", "canary"), 2, "--from-literal takes KEY=VALUE"),
        ((*NAMED, "--from-env-file", "secret.yaml"), 3, "secret.yaml, line 1: not KEY=VALUE"),
        ((*NAMED, "--from-env-file", "-"), 3, "stdin, line 2: not KEY=VALUE"),
        (("--name", "Db", "-n", "shop", "-f", "cert.pem"), 3, "'Db' is not a valid name"),
        (("--name", "db", "-n", "a.b", "-f", "cert.pem"), 3, "'a.b' is not a valid namespace"),
        ((*NAMED, "--type", "kubernetes.io/tls", "-f", "cert.pem"), 3, "lacks the required items tls.crt, tls.key"),
    ],
)
def test_sources_that_do_not_fit_are_refused(
    sealer: Session, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = sealer(*SEAL, *arguments, stdin=b"A=1\ncanary")
    assert (result.code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "canary" not in result.stderr


RAW = (*SEAL, "--raw")


def opens_as(sealer: Session, text: str, namespace: str, name: str, annotation: str = "") -> bytes | None:
    annotations = f"  annotations: {{sealedsecrets.bitnami.com/{annotation}: 'true'}}\n" if annotation else ""
    manifest = (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n"
        f"  name: {name}\n  namespace: {namespace}\n{annotations}spec:\n  encryptedData:\n    a: {text}\n"
    )
    result = sealer("unseal", "--key", "key.pem", stdin=manifest)
    return base64.b64decode(yaml.safe_load(result.stdout)["data"]["a"]) if result.code == 0 else None


def test_a_raw_value_is_just_the_sealed_text(sealer: Session) -> None:
    result = sealer(*RAW, *NAMED, stdin=b"hun\0ter2")
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("AQ")
    assert not result.stdout.endswith("\n")
    assert opens_as(sealer, result.stdout, "shop", "db") == b"hun\0ter2"
    assert opens_as(sealer, result.stdout, "shop", "other") is None


def test_a_raw_value_opens_as_far_as_its_scope_goes(sealer: Session) -> None:
    wide = sealer(*RAW, "--scope", "namespace-wide", "-n", "shop", stdin=b"x").stdout
    assert opens_as(sealer, wide, "shop", "any", "namespace-wide") == b"x"
    assert opens_as(sealer, wide, "bank", "any", "namespace-wide") is None
    cluster = sealer(*RAW, "--scope", "cluster-wide", stdin=b"x").stdout
    assert opens_as(sealer, cluster, "any", "any", "cluster-wide") == b"x"


def test_a_raw_value_comes_from_a_file_too(sealer: Session, folder: Path) -> None:
    (folder / "v").write_bytes(b"from file")
    for argument in ("v", "key=v"):
        text = sealer(*RAW, *NAMED, "--from-file", argument).stdout
        assert opens_as(sealer, text, "shop", "db") == b"from file"


def test_an_empty_raw_value_is_sealed_and_said(sealer: Session) -> None:
    result = sealer(*RAW, *NAMED)
    assert (result.code, result.stderr) == (0, "note: the value is empty\n")
    assert opens_as(sealer, result.stdout, "shop", "db") == b""


def test_a_raw_value_in_a_file_ends_its_line(sealer: Session, folder: Path) -> None:
    assert sealer(*RAW, *NAMED, "-w", "out", stdin=b"x").stdout == ""
    assert (folder / "out").read_text().endswith("=\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-n", "shop"), 2, "--raw needs --name under strict scope"),
        ((*NAMED, "secret.yaml"), 2, "--raw seals one value"),
        ((*NAMED, "-f", "cert.pem", "-f", "key.pem"), 2, "--raw seals one value"),
        ((*NAMED, "--from-literal", "a=canary"), 2, "--raw seals one value"),
        ((*NAMED, "-o", "json"), 2, "--output goes with manifests"),
        ((*NAMED, "--type", "Opaque"), 2, "--type goes with --from-…"),
        (("--name", "d_b", "-n", "shop"), 3, "'d_b' is not a valid name"),
    ],
)
def test_a_raw_value_that_does_not_fit_is_refused(
    sealer: Session, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = sealer(*RAW, *arguments, stdin=b"canary")
    assert (result.code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "canary" not in result.stderr


def test_a_raw_value_larger_than_any_secret_is_refused(sealer: Session) -> None:
    result = sealer(*RAW, *NAMED, stdin=bytes(1024 * 1024 + 1))
    assert result.code == 3
    assert "the value holds 1048577 bytes" in result.stderr
