"""Secrets as environment variables, from the annotations of a pod to the process of its container."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from deploy.local.http import StatusError
from tests.e2e.injecting import RESTRICTED, Site

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = {
    "sealer.dev/env-PASSWORD": "secret/e2e/env#password",
    "sealer.dev/env-from-mail": "kv1/e2e/mail",
    "sealer.dev/env-prefix-mail": "MAIL_",
}
VALUE = "line one\nline 'two' $HOME \"quoted\" żółć"


def _pod(site: Site, name: str, launcher: Path, **annotations: str) -> dict[str, Any]:
    site.vault.put_kv2("e2e/env", {"password": VALUE})
    site.vault.put("kv1/e2e/mail", {"smtp-user": "bob", "port": 25})
    own = {f"sealer.dev/{key.replace('_', '-')}": text for key, text in annotations.items()}
    web = {"name": "web", "image": "web:1", "securityContext": RESTRICTED, "command": ["env"], "args": ["-0"]}
    other = {"name": "other", "image": "o:1", "securityContext": RESTRICTED}
    pod = site.create(name, {**VARIABLES, "sealer.dev/env-containers": "web", **own}, containers=[web, other])
    image = site.folder / name / "usr/local/bin"
    image.mkdir(parents=True)
    shutil.copy2(launcher, image / "sealer-launch")
    return pod


def _started(pod: dict[str, Any], site: Site, name: str) -> dict[str, str]:
    """Start a container as the kubelet does; return the variables that its program sees."""
    (container,) = [one for one in pod["spec"]["containers"] if one["name"] == name]
    root = site.folder / pod["metadata"]["name"]
    folder = "/sealer/"
    words = [word.replace(folder, f"{root}{folder}") for word in (*container["command"], *container["args"])]
    variables = {"PATH": "/usr/bin:/bin", "PASSWORD": "from the image", "KEPT": "yes"}
    done = subprocess.run(words, env=variables, capture_output=True, check=True, timeout=30)
    assert VALUE not in " ".join(words)
    return dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)


def test_the_program_sees_the_secrets_and_what_it_had_before(site: Site, launcher: Path) -> None:
    pod = _pod(site, "variables", launcher)
    web, other = pod["spec"]["containers"][:2]
    assert web["command"][-2:] == ["--", "env"]
    assert web["args"] == ["-0"]
    assert "command" not in other
    assert "/sealer" not in [mount["mountPath"] for mount in other["volumeMounts"]]
    done = site.lay_out(pod, "vault-agent-init").run()
    assert done.returncode == 0, done.stdout.decode()
    assert b"line one" not in done.stdout
    seen = _started(pod, site, "web")
    assert seen == {
        "PATH": "/usr/bin:/bin",
        "KEPT": "yes",
        "PASSWORD": VALUE,
        "MAIL_SMTP_USER": "bob",
        "MAIL_PORT": "25",
    }


def test_a_native_sidecar_has_them_there_when_its_probe_succeeds(site: Site, launcher: Path) -> None:
    pod = _pod(site, "native-variables", launcher, native_sidecar="true")
    container = site.lay_out(pod, "vault-agent")
    with site.running("native-variables", container) as agent:
        agent.wait_until(container.file("/home/vault/ready").exists, seconds=30)
        assert _started(pod, site, "web")["PASSWORD"] == VALUE


def test_the_api_server_refuses_a_container_without_a_command_with_our_message(site: Site) -> None:
    with pytest.raises(StatusError, match='the container "web" has no command') as raised:
        site.create("without-command", VARIABLES)
    assert raised.value.status in {400, 403, 500}
