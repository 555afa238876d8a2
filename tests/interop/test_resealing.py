"""`sealer reseal` through the existing controller, whose answers lose what is not sealed: the file loses nothing."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.interop.conftest import SEALER, cert, items_of, key, sealer, secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Kubeseal, Peer


def test_a_file_is_resealed_by_the_existing_controller_and_keeps_all_that_is_not_sealed(
    peer: Peer, kubeseal: Kubeseal, tmp_path: Path
) -> None:
    manifest = json.dumps(secret({"a": b"1", "b": b"2"}, "reseal", peer.namespace))
    sealed = sealer("seal", "--cert", cert("rsa-2048"), stdin=manifest).removeprefix("---\n")
    own = "  template:\n    data: {url: 'x://{{ .a }}'} # rendered by the controller\n"
    before = "# of the shop\n" + sealed.replace("  template:\n", own).replace(
        "  annotations:", "  labels: {app: shop}\n  annotations:"
    )
    file = tmp_path / "sealed.yaml"
    file.write_text(before)
    report = json.loads(sealer("reseal", str(file), *peer.controller, "-o", "json", environment=peer.environment))
    assert report["files"][0]["sealedSecrets"][0]["resealed"] == ["a", "b"]
    pairs = zip(before.splitlines(), file.read_text().splitlines(), strict=True)
    assert [old.split(":")[0].strip() for old, new in pairs if old != new] == ["sealer.dev/sealed-with", "a", "b"]
    assert sealer("verify", str(file), "--key", key("rsa-4096"))
    made = kubeseal.opened(file.read_text(), "rsa-4096")
    assert items_of(made) == {"a": b"1", "b": b"2", "url": b"x://1"}


def test_what_the_existing_controller_does_not_open_is_named_and_left_alone(peer: Peer, tmp_path: Path) -> None:
    manifest = json.dumps(secret({"a": b"1"}, "moved", peer.namespace))
    file = tmp_path / "sealed.yaml"
    moved = sealer("seal", "--cert", cert("rsa-2048"), stdin=manifest).replace("  name: moved", "  name: other", 1)
    file.write_text(moved)
    command = [SEALER, "reseal", str(file), *peer.controller]
    done = subprocess.run(command, capture_output=True, text=True, env=peer.environment, check=False)
    assert done.returncode == 5
    assert f"SealedSecret {peer.namespace}/other: the controller cannot open it" in done.stderr
    assert file.read_text() == moved
