"""The agent as a process, with a real service-account token, against a real Vault."""

from __future__ import annotations

import signal
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.agent.configurations import template

if TYPE_CHECKING:
    import subprocess

    from deploy.local.vault import VaultServer
    from tests.agent.conftest import Pod


def tokens_with(vault: VaultServer, policy: str) -> int:
    accessors = vault.request("LIST", "auth/token/accessors")["data"]["keys"]
    looked_up = [vault.request("POST", "auth/token/lookup-accessor", {"accessor": found}) for found in accessors]
    return sum(policy in found["data"]["policies"] for found in looked_up)


def test_a_secret_becomes_a_file(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put("kv1/hello", {"user": "bob", "password": canary})
    done = pod.run(template(path="kv1/hello"))
    assert (done.returncode, done.stdout) == (0, "")
    assert pod.file().read_text() == f"password: {canary}\nuser: bob\n"
    assert stat.S_IMODE(pod.file().stat().st_mode) == 0o644
    assert pod.files() == ["secrets/hello.txt"]
    assert done.stderr.splitlines() == [
        "sealer-agent: logged in: the kubernetes login as role app at auth/kubernetes",
        "sealer-agent: fetched kv1/hello",
        f"sealer-agent: wrote {pod.file()}",
    ]


def test_version_2_prints_data_and_metadata(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put_kv2("agent/two", {"password": canary})
    done = pod.run(template(path="secret/agent/two"), template("two.json", "secret/agent/two", default_template="json"))
    assert done.returncode == 0
    assert pod.file().read_text().startswith(f"data: map[password:{canary}]\nmetadata: map[created_time:")
    assert pod.file("two.json").read_text().startswith(f'{{"data":{{"password":"{canary}"}},"metadata":{{')
    assert done.stderr.count("fetched") == 1
    assert canary not in done.stderr


def test_an_old_version_is_had_by_its_number(pod: Pod, vault: VaultServer) -> None:
    for value in ("first", "second"):
        vault.put_kv2("agent/versions", {"value": value})
    assert pod.run(template(path="secret/agent/versions?version=1")).returncode == 0
    assert "value:first" in pod.file().read_text()


def test_a_second_run_changes_only_what_changed(pod: Pod, vault: VaultServer) -> None:
    templates = template("a", "kv1/agent/a", perms="0600"), template("b", "kv1/agent/b")
    vault.put("kv1/agent/a", {"v": "1"})
    vault.put("kv1/agent/b", {"v": "1"})
    assert pod.run(*templates).returncode == 0
    inode = pod.file("a").stat().st_ino
    vault.put("kv1/agent/b", {"v": "2"})
    done = pod.run(*templates)
    assert pod.file("b").read_text() == "v: 2\n"
    assert pod.file("a").stat().st_ino == inode
    assert f"unchanged: {pod.file('a')}" in done.stderr


def test_no_secret_is_asked_for_and_the_login_is_made(pod: Pod) -> None:
    done = pod.run()
    assert done.returncode == 0
    assert pod.files() == []
    assert "logged in" in done.stderr


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("secret/agent/nowhere", "no secret exists at secret/agent/nowhere"),
        ("other/forbidden", "permission denied: the kubernetes login as role app at auth/kubernetes may not read"),
    ],
)
def test_one_secret_that_cannot_be_had_leaves_every_file_as_it_was(
    pod: Pod, vault: VaultServer, canary: str, path: str, said: str
) -> None:
    vault.put("kv1/agent/good", {"v": canary})
    pod.file("good").parent.mkdir(parents=True)
    pod.file("good").write_text("old")
    done = pod.run(template("good", "kv1/agent/good"), template("bad", path), arguments=("--retry-for", "0.3"))
    assert done.returncode == 6
    assert f"error: {said}" in done.stderr
    assert "trying again" in done.stderr
    assert canary not in done.stderr
    assert pod.files() == ["secrets/good"]
    assert pod.file("good").read_text() == "old"


def test_a_secret_that_comes_a_moment_later_is_waited_for(pod: Pod, vault: VaultServer) -> None:
    with pod.start(template(path="kv1/agent/late")) as agent:
        assert agent.stderr is not None
        assert any("no secret exists at kv1/agent/late" in line for line in agent.stderr)
        vault.put("kv1/agent/late", {"v": "here"})
        agent.stderr.read()
        assert agent.wait(20) == 0
    assert pod.file().read_text() == "v: here\n"


def test_a_wrong_role_is_named(pod: Pod) -> None:
    pod.role = "nobody"
    done = pod.run(template(), arguments=("--retry-for", "0"))
    assert done.returncode == 6
    assert 'the kubernetes login as role nobody at auth/kubernetes: invalid role name "nobody"' in done.stderr


@pytest.mark.parametrize("path", ["kv1/agent/short", "secret/agent/nowhere"])
def test_the_token_is_given_back_after_success_and_after_failure(pod: Pod, vault: VaultServer, path: str) -> None:
    vault.put("kv1/agent/short", {"v": "1"})
    vault.write_policy("agent-only", 'path "kv1/*" { capabilities = ["read"] }')
    vault.kubernetes_role("agent-only", policies=["agent-only"])
    pod.role = "agent-only"
    before = tokens_with(vault, "agent-only")
    pod.run(template(path=path), arguments=("--retry-for", "0"))
    assert tokens_with(vault, "agent-only") == before == 0


def test_a_signal_gives_the_token_back(pod: Pod, vault: VaultServer) -> None:
    vault.write_policy("agent-stopped", 'path "kv1/*" { capabilities = ["read"] }')
    vault.kubernetes_role("agent-stopped", policies=["agent-stopped"])
    pod.role = "agent-stopped"
    with pod.start(template(path="kv1/agent/never")) as agent:
        assert agent.stderr is not None
        assert any("trying again" in line for line in agent.stderr)
        assert tokens_with(vault, "agent-stopped") == 1
        agent.send_signal(signal.SIGTERM)
        agent.stderr.read()
        assert agent.wait(10) == 128 + signal.SIGTERM
    assert tokens_with(vault, "agent-stopped") == 0


def wait_for_a_stage(pod: Pod, agent: subprocess.Popen[str]) -> None:
    while agent.poll() is None and not list(pod.file().parent.glob(".*.sealer-new")):
        time.sleep(0)


@pytest.mark.parametrize("delay", [None, 0.0, 0.0005, 0.001, 0.002, 0.004])
def test_a_killed_agent_leaves_whole_files_and_the_next_one_tidies_up(
    pod: Pod, vault: VaultServer, delay: float | None
) -> None:
    names = [f"file{number}" for number in range(8)]
    value = "x" * 300_000
    vault.put("kv1/agent/big", {"v": value})
    templates: list[dict[str, Any]] = [template(name, "kv1/agent/big") for name in names]
    pod.file().parent.mkdir(parents=True)
    for name in names:
        pod.file(name).write_text("old")
    with pod.start(*templates) as agent:
        if delay is not None:
            wait_for_a_stage(pod, agent)
            time.sleep(delay)
        else:
            time.sleep(0.2)
        agent.kill()
    for name in names:
        assert pod.file(name).read_text() in {"old", f"v: {value}\n"}
    assert pod.run(*templates).returncode == 0
    assert pod.files() == [f"secrets/{name}" for name in names]
    assert {pod.file(name).read_text() for name in names} == {f"v: {value}\n"}
