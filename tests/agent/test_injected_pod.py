"""What the webhook puts into a pod is what the agent runs."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.admission.pods import SETTINGS, agent_of, basic, injected

if TYPE_CHECKING:
    from deploy.local.vault import VaultServer
    from tests.agent.conftest import Pod


def run_init_container(pod: Pod, manifest: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run the command of the agent's container with its environment, the container's file system being a folder."""
    container = agent_of(injected(manifest, replace(SETTINGS, vault_address=pod.address)))
    assert container["command"] == ["sealer-agent"]
    assert container["args"] == ["init"]
    environment = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
    command = pod.command("--retry-for", "0")
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_the_agent_of_an_injected_pod_writes_its_files(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put("kv1/injected", {"password": canary})
    annotations = {"role": "app", "agent-inject-secret-hello.txt": "kv1/injected", "agent-inject-file-b": "deep/b"}
    annotations |= {"agent-inject-secret-b": "kv1/injected", "agent-inject-default-template": "json"}
    done = run_init_container(pod, basic(**annotations))
    assert done.returncode == 0, done.stderr
    assert {"secrets/deep/b", "secrets/hello.txt"} <= set(pod.files())
    assert pod.file().read_text() == f'{{"password":"{canary}"}}\n'
    assert canary not in done.stderr


def test_a_template_of_an_annotation_is_rendered(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put("kv1/hello", {"v": "default"})
    vault.put("kv1/injected", {"password": canary})
    annotations = {
        "agent-inject-secret-hello.txt": "kv1/hello",
        "agent-inject-template-a": '[[ with secret "kv1/injected" ]]{{[[ .Data.password ]]}}[[ end ]]',
        "agent-template-left-delim-a": "[[",
        "agent-template-right-delim-a": "]]",
        "agent-inject-perms-a": "0440",
    }
    done = run_init_container(pod, basic(**annotations))
    assert done.returncode == 0, done.stderr
    assert pod.file("a").read_text() == f"{{{{{canary}}}}}"
    assert pod.file("a").stat().st_mode & 0o777 == 0o440
    assert pod.file().read_text() == "v: default\n"
    assert canary not in done.stderr


def test_an_annotation_makes_a_missing_key_an_error(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put("kv1/injected", {"password": canary})
    text = '{{ with secret "kv1/injected" }}{{ .Data.nope }}{{ end }}'
    annotations = {"agent-inject-template-hello.txt": text, "agent-inject-secret-hello.txt": "kv1/injected"}
    assert run_init_container(pod, basic(**annotations)).returncode == 0
    assert pod.file().read_text() == "<no value>"
    done = run_init_container(pod, basic(**annotations, **{"error-on-missing-key-hello.txt": "true"}))
    assert done.returncode == 3
    assert 'the template of hello.txt, line 1:40: at <.Data.nope>: map has no entry for key "nope"' in done.stderr
    assert canary not in done.stderr
