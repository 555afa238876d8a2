"""`sealer reseal` and `sealer set` through our controller: what is under its newest key stays byte for byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sealer.documents import write_yaml
from tests.interop.conftest import sealer
from tests.reconciling.running import Running, sealed
from tests.serving.test_in_cluster import SERVICE, make_a_newer_key, proxied, ring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_folder_is_resealed_and_a_second_run_changes_nothing(
    start_here: Callable[..., Running], namespace: str, tmp_path: Path
) -> None:
    running = start_here("--rate-limit", "1000")
    proxied(running)
    environment = running.cluster.environment()
    where = ("--controller-namespace", namespace, "--controller-name", SERVICE)
    for name in ("db", "api"):
        manifest = sealed(running.recipient(), namespace, name, {"password": "old"})
        (tmp_path / f"{name}.yaml").write_text("# kept\n" + write_yaml([manifest]))
    make_a_newer_key(running)
    newest = ring(running).newest.fingerprint
    (tmp_path / "token").write_text("new")
    sealer("set", str(tmp_path / "db.yaml"), f"token={tmp_path / 'token'}", *where, environment=environment)
    token = next(line for line in (tmp_path / "db.yaml").read_text().splitlines() if "token:" in line)

    report = json.loads(sealer("reseal", str(tmp_path), *where, "-o", "json", environment=environment))
    assert report["sealedWith"] == newest
    done = {one["name"]: one for file in report["files"] for one in file["sealedSecrets"]}
    assert {name: (one["resealed"], one["current"]) for name, one in done.items()} == {
        "db": (["password"], ["token"]),
        "api": (["password"], []),
    }
    after = (tmp_path / "db.yaml").read_text()
    assert after.startswith("# kept\n")
    assert token in after.splitlines()
    again = sealer("reseal", str(tmp_path), *where, environment=environment)
    assert again == f"nothing to reseal; 2 SealedSecrets already under {newest}\n"
    assert (tmp_path / "db.yaml").read_text() == after
    sealer("verify", str(tmp_path / "db.yaml"), str(tmp_path / "api.yaml"), *where, environment=environment)
