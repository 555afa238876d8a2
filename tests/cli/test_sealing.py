from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.cli.conftest import SECRET, Session

if TYPE_CHECKING:
    from pathlib import Path

CERT = ("--cert", "cert.pem")


def opened(sealer: Session, text: str, *more: str) -> list[dict[str, Any]]:
    """Return the Secrets that a stream of SealedSecrets becomes."""
    result = sealer("unseal", "--key", "key.pem", *more, stdin=text)
    assert (result.code, result.stderr) == (0, "")
    return list(yaml.safe_load_all(result.stdout))


def sealed(sealer: Session, *arguments: str, stdin: str = "") -> str:
    """Return what `sealer seal` prints."""
    result = sealer("seal", *CERT, *arguments, stdin=stdin)
    assert (result.code, result.stderr) == (0, "")
    return result.stdout


def test_a_file_becomes_a_sealed_secret_on_standard_output(sealer: Session) -> None:
    text = sealed(sealer, "secret.yaml")
    assert text.startswith("---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n")
    manifest = yaml.safe_load(text)
    assert manifest["metadata"]["name"] == "db"
    assert set(manifest["spec"]["encryptedData"]) == {"password"}
    assert "hunter2" not in text


def test_what_was_sealed_opens_to_what_it_was(sealer: Session) -> None:
    (secret,) = opened(sealer, sealed(sealer, "secret.yaml"))
    assert secret == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "data": {"password": "aHVudGVyMg=="},
    }


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_standard_input_is_read_without_a_file_and_for_a_dash(sealer: Session, arguments: tuple[str, ...]) -> None:
    assert len(opened(sealer, sealed(sealer, *arguments, stdin=SECRET))) == 1


def test_many_documents_and_files_keep_their_order(sealer: Session, folder: Path) -> None:
    (folder / "two.yaml").write_text(SECRET.replace("db", "b") + "---\n" + SECRET.replace("db", "c"))
    text = sealed(sealer, "secret.yaml", "two.yaml")
    assert [secret["metadata"]["name"] for secret in opened(sealer, text)] == ["db", "b", "c"]


@pytest.mark.parametrize("kind", ["List", "SecretList"])
def test_a_list_is_taken_apart(sealer: Session, kind: str) -> None:
    items = [yaml.safe_load(SECRET), yaml.safe_load(SECRET.replace("db", "b"))]
    if kind == "SecretList":
        items = [{key: value for key, value in item.items() if key not in {"apiVersion", "kind"}} for item in items]
    text = json.dumps({"apiVersion": "v1", "kind": kind, "items": items})
    names = [secret["metadata"]["name"] for secret in opened(sealer, sealed(sealer, stdin=text))]
    assert names == ["db", "b"]


def test_json_comes_out_when_it_is_asked_for_or_the_file_is_called_that(sealer: Session, folder: Path) -> None:
    assert json.loads(sealed(sealer, "secret.yaml", "-o", "json"))["kind"] == "SealedSecret"
    assert sealed(sealer, "secret.yaml", "-w", "out.json") == ""
    assert json.loads((folder / "out.json").read_text())["kind"] == "SealedSecret"
    sealed(sealer, "secret.yaml", "-w", "forced.json", "-o", "yaml")
    assert (folder / "forced.json").read_text().startswith("---\n")


def test_json_goes_in_as_yaml_does(sealer: Session) -> None:
    text = json.dumps(yaml.safe_load(SECRET))
    assert len(opened(sealer, sealed(sealer, stdin=text + text))) == 2


def test_keys_that_yaml_1_1_would_change_stay(sealer: Session) -> None:
    keys = ["y", "n", "on", "1e3", "0o17", "1.30", "null", "2020-01-01", "010"]
    text = SECRET.replace("  password: hunter2\n", "".join(f"  {key}: x\n" for key in keys))
    for form in ("yaml", "json"):
        (secret,) = opened(sealer, sealed(sealer, "-o", form, stdin=text), "-o", "json")
        assert sorted(secret["data"]) == sorted(keys)


def test_a_written_file_is_made_to_be_shared_and_a_secret_is_not(sealer: Session, folder: Path) -> None:
    assert sealer("seal", *CERT, "secret.yaml", "-w", "sealed.yaml").code == 0
    assert sealer("unseal", "--key", "key.pem", "sealed.yaml", "-w", "plain.yaml").code == 0
    assert stat.S_IMODE((folder / "sealed.yaml").stat().st_mode) & 0o044
    assert stat.S_IMODE((folder / "plain.yaml").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("scope", "annotation"),
    [
        ("strict", None),
        ("namespace-wide", "sealedsecrets.bitnami.com/namespace-wide"),
        ("cluster-wide", "sealedsecrets.bitnami.com/cluster-wide"),
    ],
)
def test_the_scope_is_as_asked_for(sealer: Session, scope: str, annotation: str | None) -> None:
    manifest = yaml.safe_load(sealed(sealer, "secret.yaml", "--scope", scope))
    annotations = {key for key in manifest["metadata"]["annotations"] if key.startswith("sealedsecrets")}
    assert annotations == ({annotation} if annotation else set())


def test_the_secrets_own_annotation_gives_the_scope_and_the_option_beats_it(sealer: Session) -> None:
    wide = SECRET.replace(
        "  name: db\n", "  name: db\n  annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}\n"
    )
    assert "cluster-wide" in sealed(sealer, stdin=wide)
    assert "cluster-wide" not in sealed(sealer, "--scope", "strict", stdin=wide)


def test_environment_variables_stand_in_for_options(sealer: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALED_SECRETS_CERT", "cert.pem")
    monkeypatch.setenv("SEALER_SCOPE", "namespace-wide")
    result = sealer("seal", "secret.yaml")
    assert result.code == 0
    assert "namespace-wide:shop/db" in result.stdout


def test_name_and_namespace_fill_what_the_manifest_leaves_open(sealer: Session) -> None:
    nameless = "apiVersion: v1\nkind: Secret\nstringData: {a: b}\n"
    (secret,) = opened(sealer, sealed(sealer, "--name", "n", "--namespace", "ns", stdin=nameless))
    assert secret["metadata"] == {"name": "n", "namespace": "ns"}


def test_the_name_given_beats_the_manifests(sealer: Session) -> None:
    (secret,) = opened(sealer, sealed(sealer, "secret.yaml", "--name", "other"))
    assert secret["metadata"]["name"] == "other"


def test_another_namespace_than_the_manifests_is_refused(sealer: Session) -> None:
    result = sealer("seal", *CERT, "secret.yaml", "--namespace", "bank")
    assert (result.code, result.stdout) == (3, "")
    assert "secret.yaml, document 1, line 1: Secret db is in namespace 'shop', but 'bank' was given" in result.stderr
    assert sealer("seal", *CERT, "secret.yaml", "--namespace", "shop").code == 0


def test_the_namespace_of_the_kubeconfig_is_taken_and_said_once(sealer: Session, folder: Path) -> None:
    (folder / "kc").write_text("current-context: a\ncontexts: [{name: a, context: {namespace: team}}]\n")
    bare = SECRET.replace("  namespace: shop\n", "")
    result = sealer("seal", *CERT, "--kubeconfig", "kc", stdin=f"{bare}---\n{bare}")
    assert result.code == 0
    assert result.stderr == "note: no namespace given; sealing for 'team', the kubeconfig's current one\n"
    assert [m["metadata"]["namespace"] for m in yaml.safe_load_all(result.stdout)] == ["team", "team"]


def test_a_cluster_wide_secret_keeps_the_namespace_that_it_has_or_is_given(sealer: Session) -> None:
    bare = SECRET.replace("  namespace: shop\n", "")
    without = yaml.safe_load(sealed(sealer, "--scope", "cluster-wide", stdin=bare))
    given = yaml.safe_load(sealed(sealer, "--scope", "cluster-wide", "-n", "bank", stdin=bare))
    kept = yaml.safe_load(sealed(sealer, "--scope", "cluster-wide", "-n", "bank", stdin=SECRET))
    assert [m["metadata"].get("namespace") for m in (without, given, kept)] == [None, "bank", "shop"]


def test_a_secret_without_items_needs_the_flag(sealer: Session) -> None:
    empty = SECRET.replace("stringData:\n  password: hunter2\n", "")
    assert "has no items" in sealer("seal", *CERT, stdin=empty).stderr
    assert yaml.safe_load(sealed(sealer, "--allow-empty-data", stdin=empty))["spec"]["encryptedData"] == {}


def test_an_incomplete_type_needs_the_flag(sealer: Session) -> None:
    tls = SECRET + "type: kubernetes.io/tls\n"
    result = sealer("seal", *CERT, stdin=tls)
    assert (result.code, result.stdout) == (3, "")
    assert "lacks the required items tls.crt, tls.key" in result.stderr
    assert yaml.safe_load(sealed(sealer, "--allow-incomplete-type", stdin=tls))["spec"]["template"]["type"]
