"""`sealer reseal`: what is not under the newest key is brought under it, and nothing else changes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from sealer.certificate import Recipient
from sealer.repository import Manifest, reseal_file
from sealer.sealed_file import find
from tests.support.vectors import certificate_pem, key_pem

if TYPE_CHECKING:
    from sealer.manifest import SealedSecret
    from tests.cli.conftest import Session

OFFLINE: Final = ("--key", "keys.pem", "--cert", "new.pem")
SEALER: Final = str(Path(sys.executable).with_name("sealer"))


@pytest.fixture
def tree(sealer: Session, folder: Path) -> Path:
    """A repository with SealedSecrets under an old key, and with files that are none."""
    old = sealer("seal", "secret.yaml", "--cert", "cert.pem", "--name", "db").stdout
    (folder / "new.pem").write_bytes(certificate_pem("rsa-3072"))
    (folder / "keys.pem").write_bytes(key_pem("rsa-2048") + key_pem("rsa-3072"))
    tree = folder / "tree"
    for name in ("apps/shop", ".git", "charts/templates"):
        (tree / name).mkdir(parents=True)
    template = "  template:\n    data:\n      url: 'x://{{ .password }}' # rendered in the cluster\n"
    (tree / "apps/shop/db.yaml").write_text(f"# of the shop\n{old}".replace("  template:\n", template) + "# end")
    (tree / "apps/shop/all.yml").write_text(
        f"kind: Deployment\n{old}{old.replace('name: db', 'name: db # moved?')}---\n"
    )
    (tree / "apps/list.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [_manifest(sealer)]}))
    (tree / "charts/templates/broken.yaml").write_text("{{ if .Values.x }}\na: b\n{{ end }}\n")
    (tree / "notes.txt").write_text(old)
    (tree / ".git/db.yaml").write_text(old)
    return tree


def _manifest(sealer: Session) -> object:
    return json.loads(sealer("seal", "secret.yaml", "--cert", "cert.pem", "-o", "json").stdout)


def contents(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}


def test_a_tree_is_brought_under_the_newest_key_line_by_line(sealer: Session, tree: Path) -> None:
    before = contents(tree)
    result = sealer("reseal", "tree", *OFFLINE)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.endswith(
        f"4 items of 4 SealedSecrets in 3 files resealed; 0 SealedSecrets already under {_new()}\n"
    )
    after = contents(tree)
    assert {name for name in before if before[name] != after[name]} == {
        "apps/shop/db.yaml", "apps/shop/all.yml", "apps/list.json"
    }  # fmt: skip
    pairs = zip(before["apps/shop/db.yaml"].split(b"\n"), after["apps/shop/db.yaml"].split(b"\n"), strict=True)
    changed = [old.split(b":")[0].strip() for old, new in pairs if old != new]
    assert changed == [b"sealer.dev/sealed-with", b"password"]
    assert sealer("verify", "tree/apps/shop/db.yaml", "tree/apps/list.json", "--key", "keys.pem", "-q").code == 0


def _new() -> str:
    return Recipient.from_pem(certificate_pem("rsa-3072"), now=datetime.now(UTC)).fingerprint


def test_a_second_run_changes_nothing(sealer: Session, tree: Path) -> None:
    assert sealer("reseal", "tree", *OFFLINE, "-q").stdout == ""
    before = contents(tree)
    result = sealer("reseal", "tree", *OFFLINE)
    assert (result.code, result.stdout) == (0, f"nothing to reseal; 4 SealedSecrets already under {_new()}\n")
    assert contents(tree) == before


def test_a_second_run_without_the_newest_private_key_believes_the_hints(sealer: Session, tree: Path) -> None:
    offline = ("--key", "key.pem", "--cert", "new.pem")
    assert sealer("reseal", "tree", *offline).code == 0
    before = contents(tree)
    assert sealer("reseal", "tree", *offline).code == 0
    assert contents(tree) == before
    (tree / "apps/shop/db.yaml").write_bytes(before["apps/shop/db.yaml"].replace(_new().encode(), b"SHA256:x"))
    assert sealer("reseal", "tree", *offline).code == 5


def test_a_dry_run_says_the_same_and_writes_nothing(sealer: Session, tree: Path) -> None:
    before = contents(tree)
    result = sealer("reseal", "tree", *OFFLINE, "--dry-run")
    assert result.code == 0
    assert "tree/apps/shop/db.yaml, line 3: SealedSecret shop/db: password would be resealed\n" in result.stdout
    assert contents(tree) == before


def test_the_report_as_json(sealer: Session, tree: Path) -> None:
    (tree / "apps/shop/all.yml").write_text("kind: SealedSecret\n")
    result = sealer("reseal", "tree", *OFFLINE, "--output", "json")
    report = json.loads(result.stdout)
    assert report["totals"] == {"files": 2, "resealed": 2, "resealedItems": 2, "current": 0, "failed": 1}
    assert [file["path"] for file in report["files"]] == [
        "tree/apps/list.json", "tree/apps/shop/all.yml", "tree/apps/shop/db.yaml"
    ]  # fmt: skip
    assert report["files"][0]["sealedSecrets"][0]["resealed"] == ["password"]
    assert (result.code, "error" in report["files"][1]) == (3, True)


def test_a_file_that_cannot_be_done_is_left_alone_as_a_whole(sealer: Session, tree: Path) -> None:
    mixed = (tree / "apps/shop/all.yml").read_text()
    (tree / "apps/shop/all.yml").write_text(mixed.replace("name: db # moved?", "name: renamed"))
    before = contents(tree)
    result = sealer("reseal", "tree", *OFFLINE)
    after = contents(tree)
    assert result.code == 5
    assert "all.yml, document 3, line" in result.stderr
    assert "SealedSecret shop/renamed: no key could decrypt secret (password)" in result.stderr
    assert "it was sealed for shop/db" in result.stderr
    assert before["apps/shop/all.yml"] == after["apps/shop/all.yml"]
    assert before["apps/shop/db.yaml"] != after["apps/shop/db.yaml"]
    assert "1 file left alone, see above" in result.stdout


def test_what_is_named_has_to_be_a_sealed_secret_and_what_is_excluded_is_passed_over(
    sealer: Session, tree: Path
) -> None:
    assert sealer("reseal", "secret.yaml", *OFFLINE).code == 3
    assert sealer("reseal", "none", *OFFLINE).code == 3
    before = contents(tree)
    result = sealer("reseal", "tree", *OFFLINE, "--exclude", "*.json", "--exclude", "*/shop/all.*", "--dry-run")
    assert "1 item of 1 SealedSecret in 1 file would be resealed" in result.stdout
    assert contents(tree) == before


def test_a_file_with_two_names_is_done_once(sealer: Session, tree: Path) -> None:
    (tree / "link.yaml").symlink_to("apps/shop/db.yaml")
    (tree / "nowhere.yaml").symlink_to("not/there.yaml")
    result = sealer("reseal", "tree", "tree/apps", *OFFLINE)
    assert "4 items of 4 SealedSecrets in 3 files resealed" in result.stdout
    assert (tree / "link.yaml").is_symlink()


@pytest.mark.usefixtures("tree")
def test_a_backup_with_certificates_says_which_key_is_the_newest(sealer: Session, folder: Path) -> None:
    (folder / "backup.pem").write_bytes(key_pem("rsa-2048") + certificate_pem("rsa-2048"))
    result = sealer("reseal", "tree", "--key", "backup.pem")
    assert "note: sealing to the newest key of --key, SHA256:" in result.stderr
    assert result.stdout.startswith("nothing to reseal; 4 SealedSecrets already under")
    result = sealer("reseal", "tree", "--key", "key.pem")
    assert (result.code, "hint: give the certificate to seal to with --cert" in result.stderr) == (4, True)


def test_the_scope_is_that_of_the_sealed_secret_and_never_of_its_template(sealer: Session, tree: Path) -> None:
    path = tree / "apps/shop/db.yaml"
    wider = '    metadata:\n      annotations: {sealedsecrets.bitnami.com/cluster-wide: "true"}\n'
    text = path.read_text()
    path.write_text(text.replace("    metadata:\n", wider))
    assert path.read_text() != text
    assert sealer("reseal", str(path), *OFFLINE).code == 0
    assert sealer("verify", str(path), "--key", "keys.pem").code == 0
    path.write_text(path.read_text().replace("  name: db", "  name: stolen", 1))
    assert sealer("verify", str(path), "--key", "keys.pem").code == 5


def test_a_file_that_somebody_changes_meanwhile_is_left_to_them(tree: Path) -> None:
    path = tree / "apps/shop/db.yaml"
    theirs = path.read_bytes() + b"\n# theirs\n"

    def renew(sealed: SealedSecret) -> SealedSecret:
        path.write_bytes(theirs)
        return replace(sealed, encrypted_data={"password": "AgNEW"})

    outcome = reseal_file(Manifest(str(path), named=True), renew, "SHA256:x")
    assert outcome.error is not None
    assert "changed by somebody else" in outcome.error.message
    assert path.read_bytes() == theirs


def _start(folder: Path) -> subprocess.Popen[bytes]:
    command = [SEALER, "reseal", "tree", *OFFLINE]
    return subprocess.Popen(command, cwd=folder, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_killed_at_any_moment_every_file_is_old_or_new_and_the_next_run_ends_it(
    sealer: Session, folder: Path, tree: Path
) -> None:
    for number in range(60):
        shutil.copy(tree / "apps/shop/db.yaml", tree / f"apps/db-{number}.yaml")
    before = contents(tree)
    watched = tree / "apps/db-0.yaml"
    for fatal in (signal.SIGKILL, signal.SIGINT):
        process = _start(folder)
        while watched.read_bytes() == before["apps/db-0.yaml"] and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(fatal)
        process.wait(30)
        for path in tree.rglob("*.yaml"):
            name = str(path.relative_to(tree))
            if name.startswith("apps/"):
                same = path.read_bytes() == before[name]
                assert same or find(path.read_bytes(), name)[0].sealed.annotations["sealer.dev/sealed-with"] == _new()
        watched.write_bytes(before["apps/db-0.yaml"])
    assert sealer("reseal", "tree", *OFFLINE).code == 0
    assert sealer("reseal", "tree", *OFFLINE).stdout.startswith("nothing to reseal; 64 SealedSecrets already")
