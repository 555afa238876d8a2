"""One pod, both flavours: the real `vault agent` and ours leave the same files, byte for byte and mode for mode."""

from __future__ import annotations

import dataclasses
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.admission import pods
from tests.flavours.cases import cases
from tests.support import containers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.vault import VaultServer
    from injector.webhook.settings import Settings

DATA = {
    "user": "bob",
    "pass": "p<&>\"'w",
    "port": 5432,
    "big": 12345678901234567890,
    "fraction": 0.25,
    "ok": True,
    "none": None,
    "list": ["a", 1, {"x": "y"}],
    "nested": {"b": 1, "a": "z"},
    "multi": "l1\nl2",
    "b64": "aGVsbG8=",
    "empty": "",
    "unicode": "żółć \U0001f980 \u2028",
    "json": '{"a":[1,2.5],"b":"c"}',
    "points": "secret/flavours",
}


@dataclass
class Sides:
    """Where each agent left its files."""

    root: Path
    parts: Parts
    token: str
    settings: Settings

    def run(self, annotations: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Inject one pod with each flavour, run both, and return what each wrote by the path in the container."""
        return self._run("vault", annotations), self._run("sealer", annotations)

    def _run(self, flavour: str, annotations: Mapping[str, str]) -> dict[str, Any]:
        root = self.root / flavour
        root.mkdir()
        manifest = pods.own(pods.pod({"agent-inject": "true", "role": "app", **annotations}), agent_flavor=flavour)
        container = pods.agent_of(pods.injected(manifest, self.settings))
        done = containers.of(container, root, self.token, self.parts).run()
        assert done.returncode == 0, done.stdout.decode()[-3000:]
        return {str(path.relative_to(root)): path for path in sorted(_files(root, annotations))}


def _files(root: Path, annotations: Mapping[str, str]) -> set[Path]:
    """The files in the volumes that the application sees; ours are links into the folder of their generation."""
    folders = ["vault/secrets", *(v.lstrip("/") for k, v in annotations.items() if k.startswith("secret-volume-path"))]
    found = (path for folder in folders for path in (root / folder).rglob("*"))
    return {path for path in found if path.is_file() and not any(part.startswith("..") for part in path.parts)}


@pytest.fixture
def sides(control_plane: ControlPlane, vault: VaultServer, parts: Parts, namespace: str, tmp_path: Path) -> Sides:
    control_plane.create_service_account(namespace, "app")
    vault.put("kv1/flavours", DATA)
    vault.put("kv1/flavours-list/one", {"a": "1"})
    vault.put("kv1/flavours-list/two", {"a": "1"})
    vault.put_kv2("flavours", DATA)
    settings = dataclasses.replace(pods.SETTINGS, vault_address=vault.address)
    return Sides(tmp_path, parts, control_plane.service_account_token(namespace, "app"), settings)


def _same(sides: Sides, annotations: Mapping[str, str], different: frozenset[str] = frozenset()) -> set[str]:
    """Compare what both wrote; return the paths."""
    theirs, ours = sides.run(annotations)
    assert set(theirs) == set(ours)
    unlike = {
        name: (theirs[name].read_bytes()[:300], ours[name].read_bytes()[:300])
        for name in theirs
        if name not in different and theirs[name].read_bytes() != ours[name].read_bytes()
    }
    assert unlike == {}
    modes = {name: tuple(oct(stat.S_IMODE(side[name].stat().st_mode)) for side in (theirs, ours)) for name in theirs}
    assert {name: both for name, both in modes.items() if both[0] != both[1]} == {}
    return set(theirs)


def test_more_than_sixty_templates_and_options_come_out_the_same(sides: Sides) -> None:
    annotations = {name: text for case in cases() for name, text in case.annotations.items()}
    assert len(_same(sides, annotations)) == len(cases()) >= 60


@pytest.mark.parametrize(
    "options",
    [
        {"agent-inject-default-template": "json"},
        {"secret-volume-path": "/app/secrets"},
        {"preserve-secret-case": "true"},
        {"template-max-connections-per-host": "1"},
        {"template-static-secret-render-interval": "10s", "template-lease-renewal-threshold": "0.5"},
        {"client-timeout": "5s", "client-max-retries": "1", "log-level": "debug", "log-format": "json"},
        {"auth-min-backoff": "100ms", "auth-max-backoff": "1s", "agent-auto-auth-exit-on-err": "true"},
        {"agent-disable-idle-connections": "templating", "agent-disable-keep-alives": "auto-auth"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_option_of_the_whole_pod_leaves_the_same_files(sides: Sides, options: dict[str, str]) -> None:
    secrets = {"agent-inject-secret-One": "kv1/flavours", "agent-inject-secret-Two": "secret/flavours"}
    assert len(_same(sides, {**secrets, **options})) == 2


def test_the_token_is_left_where_it_is_asked_for(sides: Sides) -> None:
    """Of equal shape and mode; each agent has a token of its own."""
    annotations = {"agent-inject-token": "true", "agent-inject-secret-one": "kv1/flavours"}
    token = "vault/secrets/token"
    assert _same(sides, annotations, frozenset({token})) == {token, "vault/secrets/one"}
