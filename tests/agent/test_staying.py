"""The agent that stays, as a process, against a real Vault."""

from __future__ import annotations

import os
import signal
import stat
from typing import TYPE_CHECKING

import pytest

from tests.agent.configurations import custom, template

if TYPE_CHECKING:
    from deploy.local.vault import VaultServer
    from tests.agent.conftest import Pod

SOON = {"static_secret_render_interval": "1s"}


def put(vault: VaultServer, path: str, value: str) -> None:
    """Write a secret with the one field `v`."""
    if path.startswith("kv1/"):
        vault.put(path, {"v": value})
    else:
        vault.put_kv2(path.removeprefix("secret/"), {"v": value})


@pytest.mark.parametrize("path", ["kv1/stays/one", "secret/stays/one"])
def test_a_static_secret_that_changes_is_written_anew(pod: Pod, vault: VaultServer, canary: str, path: str) -> None:
    put(vault, path, "first")
    with pod.stay(pod.newest(template(path=path), template_config=SOON)) as agent:
        agent.wait_until(pod.file().exists)
        assert "first" in pod.file().read_text()
        put(vault, path, canary)
        agent.wait_until(lambda: canary in pod.file().read_text())
        assert agent.stop() == 0
    assert canary not in agent.said
    assert agent.said.count(f"wrote {pod.file()}") == 2
    assert "stopped by SIGTERM" in agent.said


def asked(vault: VaultServer, path: str) -> int:
    return sum(entry["type"] == "request" and entry["request"]["path"] == path for entry in vault.audit_entries())


def test_version_2_is_looked_at_by_its_metadata_and_read_only_when_it_changed(
    pod: Pod, vault: VaultServer, canary: str
) -> None:
    put(vault, "secret/stays/looked-at", "first")
    vault.enable_audit()
    with pod.stay(pod.newest(template(path="secret/stays/looked-at"), template_config=SOON)) as agent:
        agent.wait_until(lambda: asked(vault, "secret/metadata/stays/looked-at") >= 2)
        assert asked(vault, "secret/data/stays/looked-at") == 1
        put(vault, "secret/stays/looked-at", canary)
        agent.wait_until(lambda: canary in pod.file().read_text())
        assert asked(vault, "secret/data/stays/looked-at") == 2 + 1  # the agent's, and the write
        assert agent.stop() == 0


def test_without_a_right_to_the_metadata_the_secret_itself_is_read(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.write_policy("agent-blind", 'path "secret/data/stays/*" { capabilities = ["read"] }')
    vault.kubernetes_role("agent-blind", policies=["agent-blind"])
    pod.role = "agent-blind"
    put(vault, "secret/stays/blind", "first")
    with pod.stay(pod.newest(template(path="secret/stays/blind"), template_config=SOON)) as agent:
        agent.wait_until(pod.file().exists)
        put(vault, "secret/stays/blind", canary)
        agent.wait_until(lambda: canary in pod.file().read_text())
        assert agent.stop() == 0


def test_all_files_of_a_generation_switch_at_once(pod: Pod, vault: VaultServer) -> None:
    vault.put("kv1/stays/pair", {"user": "a", "password": "1"})
    text = '{{{{ with secret "kv1/stays/pair" }}}}{{{{ .Data.{} }}}}{{{{ end }}}}'
    both = [custom(text.format(key), key) for key in ("user", "password")]
    with pod.stay(pod.newest(*both, template_config=SOON)) as agent:
        agent.wait_until(lambda: pod.file("user").exists() and pod.file("password").exists())
        assert pod.file("user").readlink().as_posix() == "..data/user"
        reading = os.open(pod.file("user").parent / "..data", os.O_RDONLY)  # an application in the midst of reading
        vault.put("kv1/stays/pair", {"user": "b", "password": "2"})
        agent.wait_until(lambda: pod.file("user").read_text() == "b")
        assert pod.file("password").read_text() == "2"
        with os.fdopen(os.open("password", os.O_RDONLY, dir_fd=reading)) as held:
            assert held.read() == "1"
        os.close(reading)
        assert agent.stop() == 0


def test_unchanged_content_writes_nothing_and_runs_no_command(pod: Pod, vault: VaultServer) -> None:
    put(vault, "kv1/stays/same", "1")
    ran = pod.root / "ran"
    config = pod.newest(template(path="kv1/stays/same", command=f"echo x >> {ran}"), template_config=SOON)
    assert pod.run_with(config, "init").returncode == 0
    assert ran.read_text() == "x\n"
    inode = pod.file().stat().st_ino
    with pod.stay(config) as agent:
        agent.wait_for("fetched kv1/stays/same", 3)
        assert (pod.file().stat().st_ino, ran.read_text()) == (inode, "x\n")
        put(vault, "kv1/stays/same", "2")
        agent.wait_until(lambda: ran.read_text() == "x\nx\n")
        assert pod.file().read_text() == "v: 2\n"
        assert agent.stop() == 0


def test_a_secret_that_is_gone_leaves_the_old_file_and_does_not_hold_back_the_others(
    pod: Pod, vault: VaultServer
) -> None:
    put(vault, "kv1/stays/gone", "1")
    put(vault, "kv1/stays/there", "1")
    both = template("gone", "kv1/stays/gone"), template("there", "kv1/stays/there")
    with pod.stay(pod.newest(*both, template_config=SOON), "--retry-for", "0.5") as agent:
        agent.wait_until(pod.file("gone").exists)
        vault.request("DELETE", "kv1/stays/gone")
        agent.wait_for("keeping what there is")
        put(vault, "kv1/stays/there", "2")
        agent.wait_until(lambda: pod.file("there").read_text() == "v: 2\n")
        assert pod.file("gone").read_text() == "v: 1\n"
        put(vault, "kv1/stays/gone", "back")
        agent.wait_until(lambda: pod.file("gone").read_text() == "v: back\n")
        assert agent.stop() == 0


def revoke_tokens_of(vault: VaultServer, policy: str) -> None:
    for accessor in vault.request("LIST", "auth/token/accessors")["data"]["keys"]:
        found = vault.request("POST", "auth/token/lookup-accessor", {"accessor": accessor})
        if policy in found["data"]["policies"]:
            vault.request("POST", "auth/token/revoke-accessor", {"accessor": accessor})


def test_a_token_that_was_revoked_means_a_new_login_at_once(pod: Pod, vault: VaultServer) -> None:
    vault.write_policy("agent-revoked", 'path "kv1/*" { capabilities = ["read"] }')
    vault.kubernetes_role("agent-revoked", policies=["agent-revoked"])
    pod.role = "agent-revoked"
    put(vault, "kv1/stays/revoked", "1")
    with pod.stay(pod.newest(template(path="kv1/stays/revoked"), template_config=SOON)) as agent:
        agent.wait_until(pod.file().exists)
        revoke_tokens_of(vault, "agent-revoked")
        agent.wait_for("logged in", 2)
        put(vault, "kv1/stays/revoked", "2")
        agent.wait_until(lambda: pod.file().read_text() == "v: 2\n")
        assert agent.stop() == 0


def test_the_token_is_renewed_before_it_ends(pod: Pod, vault: VaultServer) -> None:
    vault.kubernetes_role("agent-short", policies=["app"], token_ttl="3s")
    pod.role = "agent-short"
    put(vault, "kv1/stays/renewed", "1")
    with pod.stay(pod.newest(template(path="kv1/stays/renewed"))) as agent:
        agent.wait_for("renewed the token for 3 s", 2)
        assert agent.said.count("logged in") == 1
        assert agent.stop() == 0


def test_a_hangup_makes_it_look_at_once(pod: Pod, vault: VaultServer) -> None:
    put(vault, "secret/stays/told", "first")
    with pod.stay(pod.newest(template(path="secret/stays/told"))) as agent:
        agent.wait_until(pod.file().exists)
        put(vault, "secret/stays/told", "second")
        agent.process.send_signal(signal.SIGHUP)
        agent.wait_until(lambda: "v:second" in pod.file().read_text())
        assert agent.stop() == 0


def test_the_token_is_in_a_file_where_that_is_asked_for_and_then_lives_on(pod: Pod, vault: VaultServer) -> None:
    put(vault, "kv1/stays/sunk", "1")
    config = pod.newest(template(path="kv1/stays/sunk"), mode="init", sinks=[{"path": "/vault/secrets/token"}])
    done = pod.run_with(config)
    assert done.returncode == 0, done.stderr
    token = pod.file("token")
    assert stat.S_IMODE(token.stat().st_mode) == 0o640
    assert "app" in vault.request("GET", "auth/token/lookup-self", token=token.read_text())["data"]["policies"]
    assert token.read_text() not in done.stderr


def test_a_wrapped_token_is_for_the_sinks_alone(pod: Pod, vault: VaultServer) -> None:
    config = pod.newest(mode="init", sinks=[{"path": "/vault/secrets/wrapped"}])
    config["auth"]["wrap_ttl"] = "60s"
    done = pod.run_with(config)
    assert done.returncode == 0, done.stderr
    assert '"token":"' in pod.file("wrapped").read_text()
    wrapping = pod.file("wrapped").read_text().split('"token":"')[1].split('"')[0]
    unwrapped = vault.request("POST", "sys/wrapping/unwrap", token=wrapping)
    assert "app" in unwrapped["auth"]["policies"]


def test_permission_denied_at_the_beginning_ends_a_native_sidecar_with_the_path(pod: Pod) -> None:
    done = pod.run_with(pod.newest(template(path="other/x"), mode="native"), "run", "--retry-for", "0.3")
    assert done.returncode == 6
    assert "may not read other/x" in done.stderr.splitlines()[-2]
    assert not (pod.root / "home/vault/ready").exists()


def test_a_native_sidecar_is_ready_once_its_files_are_there(pod: Pod, vault: VaultServer) -> None:
    config = pod.newest(template(path="kv1/stays/native"), mode="native", template_config=SOON)
    assert pod.run_with(config, "ready").returncode == 1
    with pod.stay(config) as agent:
        agent.wait_for("no secret exists at kv1/stays/native")
        assert pod.run_with(config, "ready").returncode == 1
        put(vault, "kv1/stays/native", "1")
        agent.wait_until(lambda: pod.run_with(config, "ready").returncode == 0)
        assert pod.file().read_text() == "v: 1\n"
        put(vault, "kv1/stays/native", "2")
        agent.wait_until(lambda: pod.file().read_text() == "v: 2\n")
        assert agent.stop() == 0
