"""One native sidecar against an init container and a sidecar, by what the real Vault's audit log counts."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import TYPE_CHECKING, Any

from deploy.local.http import StatusError
from tests.e2e.conftest import DYNAMIC
from tests.e2e.injecting import PREFIX, Site, Usage, usage

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.vault import VaultServer

STATIC = ("one", "two", "three")
TOKEN_TEMPLATE = '{{{{ with secret "{}" "kubernetes_namespace={}" }}}}{{{{ .LeaseID }}}}{{{{ end }}}}'


def _annotations(namespace: str, **own: str) -> dict[str, str]:
    """Three secrets of KV version 2 and one with a lease."""
    secrets = {f"agent-inject-secret-{name}": f"secret/e2e/{name}" for name in STATIC}
    secrets |= {"agent-inject-template-dynamic": TOKEN_TEMPLATE.format(DYNAMIC, namespace)}
    ours = {f"sealer.dev/{name.replace('_', '-')}": text for name, text in own.items()}
    return {PREFIX + key: text for key, text in secrets.items()} | ours


def _files(root: Path) -> dict[str, str]:
    folder = root / "vault/secrets"
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()} if folder.exists() else {}


def _complete(root: Path) -> bool:
    return {*STATIC, "dynamic"} <= _files(root).keys()


def _init_and_sidecar(site: Site, name: str, **own: str) -> Usage:
    """Start a pod with both, until the sidecar has all secrets; end the sidecar."""
    pod = site.create(name, _annotations(site.namespace, **own))
    root = site.folder / name

    def act() -> None:
        done = site.lay_out(pod, "vault-agent-init").run()
        assert done.returncode == 0, done.stdout.decode()[-2000:]
        assert _complete(root)
        wanted = {DYNAMIC, *(f"secret/data/e2e/{secret}" for secret in STATIC)}
        before = len(site.vault.audit_entries())

        def settled() -> bool:
            answers = [one for one in site.vault.audit_entries()[before:] if one["type"] == "response"]
            return wanted <= {one["request"]["path"] for one in answers}

        with site.running(name, site.lay_out(pod, "vault-agent")) as sidecar:
            sidecar.wait_until(settled, seconds=30)

    return usage(site.vault, DYNAMIC, act)


def _probe(pod: dict[str, Any], site: Site) -> list[str]:
    """The startup probe's command, as it is run in the agent's container."""
    (agent,) = [one for one in pod["spec"]["initContainers"] if one["name"] == "vault-agent"]
    assert agent["restartPolicy"] == "Always"
    command = agent["startupProbe"]["exec"]["command"]
    container = site.lay_out(pod, "vault-agent")
    return [container.arguments[0], *command[1:], "--root", str(container.root)]


def _native(site: Site, name: str) -> Usage:
    """Start a pod with one native sidecar, until its startup probe succeeds; end it."""
    pod = site.create(name, _annotations(site.namespace, native_sidecar="true"))
    assert [one["name"] for one in pod["spec"]["initContainers"]] == ["vault-agent"]
    assert [one["name"] for one in pod["spec"]["containers"]] == ["web"]
    container, probe = site.lay_out(pod, "vault-agent"), _probe(pod, site)

    def ready() -> bool:
        return subprocess.run(probe, env=dict(container.environment), check=False, timeout=30).returncode == 0

    def act() -> None:
        assert not ready()
        with site.running(name, container) as agent:
            agent.wait_until(ready, seconds=30)
            assert _complete(container.root)
            assert agent.alive()
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(15) == 0

    return usage(site.vault, DYNAMIC, act)


def _put(vault: VaultServer) -> None:
    for name in STATIC:
        vault.put_kv2(f"e2e/{name}", {"value": name})


def test_a_native_sidecar_asks_vault_half_as_often_takes_one_lease_and_leaves_the_same_files(site: Site) -> None:
    _put(site.vault)
    native = _native(site, "native")
    theirs = _init_and_sidecar(site, "theirs", agent_flavor="vault")
    ours = _init_and_sidecar(site, "ours")
    told = f"native: {native}\nVault's agents: {theirs}\nours: {ours}"
    login = "auth/kubernetes/login"
    assert (native.count(login), native.count(DYNAMIC), native.leases) == (1, 1, 1), told
    assert (theirs.count(login), theirs.count(DYNAMIC)) == (2, 2), told
    assert ours.count(login) == 2, told
    assert len(native.paths) * 2 <= len(theirs.paths), told
    assert len(native.paths) * 2 <= len(ours.paths), told
    files = [_files(site.folder / name) for name in ("native", "theirs", "ours")]
    leases = [each.pop("dynamic") for each in files]
    assert len(set(leases)) == 3
    assert "data: map[value:one]" in files[0]["one"]
    assert files[1] == files[2] == files[0]


def test_a_native_sidecar_gives_back_its_token_and_lease_where_it_is_asked_to(site: Site, audited: VaultServer) -> None:
    annotations = _annotations(site.namespace, native_sidecar="true")
    more = {PREFIX + "agent-revoke-on-shutdown": "true", PREFIX + "agent-revoke-grace": "0"}
    _put(audited)
    pod = site.create("revoking", annotations | more)
    container = site.lay_out(pod, "vault-agent")

    with site.running("revoking", container) as agent:
        agent.wait_until(lambda: _complete(container.root), seconds=30)
        lease = {"lease_id": _files(container.root)["dynamic"]}
        assert audited.request("PUT", "sys/leases/lookup", lease)["data"]["ttl"] > 0
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(15) == 0

    def gone() -> bool:
        with contextlib.suppress(StatusError):
            audited.request("PUT", "sys/leases/lookup", lease)
            return False
        return True

    # Vault ends the leases of a revoked token a moment later.
    site.cluster.wait_for("the lease is gone", gone)
