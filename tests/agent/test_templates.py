"""Custom templates through the agent as a process, against a real Vault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from deploy.local.http import StatusError
from tests.agent.configurations import custom, template
from tests.agent.staying import eventually
from tests.agent.test_same_as_vault_agent import write

if TYPE_CHECKING:
    from deploy.local.vault import VaultServer
    from tests.agent.conftest import Pod

QUICKLY = ("--retry-for", "0")


@pytest.fixture
def pki(vault: VaultServer) -> str:
    """A role that issues certificates, and a login that may use it; their name."""
    mounts = vault.request("GET", "sys/mounts")
    if "agent-pki/" not in mounts:
        vault.request("POST", "sys/mounts/agent-pki", {"type": "pki"})
        vault.request("POST", "agent-pki/root/generate/internal", {"common_name": "root", "ttl": "24h"})
        vault.request("POST", "agent-pki/roles/web", {"allow_any_name": True, "max_ttl": "2h", "generate_lease": True})
        vault.write_policy("agent-pki", 'path "agent-pki/issue/web" { capabilities = ["update"] }')
        vault.kubernetes_role("agent-pki", policies=["agent-pki", "app"])
    return "agent-pki"


def test_a_secret_of_either_version_is_read_once_for_all_templates(pod: Pod, vault: VaultServer, canary: str) -> None:
    write(vault, "kv1/templated", f'{{"user": "{canary}", "big": 12345678901234567890, "f": 1.50}}')
    for value in ("first", "second"):
        vault.put_kv2("templated", {"value": value})
    done = pod.run(
        custom('{{ with secret "kv1/templated" }}{{ .Data.user }} {{ .Data.big }} {{ .Data.f }}{{ end }}'),
        custom('{{ with secret "secret/templated" }}{{ .Data.data.value }}{{ end }}', "two"),
        custom('{{ with secret "secret/data/templated?version=1" }}{{ .Data.data.value }}{{ end }}', "three"),
        template("default", "kv1/templated"),
    )
    assert done.returncode == 0, done.stderr
    assert pod.file().read_text() == f"{canary} 12345678901234567890 1.50"
    assert (pod.file("two").read_text(), pod.file("three").read_text()) == ("second", "first")
    assert pod.file("default").read_text() == f"big: 12345678901234567890\nf: 1.50\nuser: {canary}\n"
    assert sorted(line.rpartition(" ")[2] for line in done.stderr.splitlines() if "fetched" in line) == [
        "kv1/templated",
        "secret/data/templated?version=1",
        "secret/templated",
    ]
    assert canary not in done.stderr


def test_a_path_may_come_from_another_secret_and_names_from_a_list(pod: Pod, vault: VaultServer) -> None:
    vault.put_kv2("chain/pointer", {"next": "target"})
    vault.put_kv2("chain/target", {"v": "found"})
    each = (
        '{{ range secrets "secret/chain" }}{{ . }}={{ with secret (printf "secret/chain/%s" .) }}{{ .Data.data }}'
        "{{ end }};{{ end }}"
    )
    follow = (
        '{{ with secret "secret/chain/pointer" }}{{ with secret (printf "secret/chain/%s" .Data.data.next) }}'
        "{{ .Data.data.v }}{{ end }}{{ end }}"
    )
    done = pod.run(custom(follow), custom(each, "each"))
    assert done.returncode == 0, done.stderr
    assert pod.file().read_text() == "found"
    assert pod.file("each").read_text() == "pointer=map[next:target];target=map[v:found];"


def test_a_dynamic_secret_comes_with_its_lease(pod: Pod, pki: str) -> None:
    pod.role = pki
    text = (
        '{{ with secret "agent-pki/issue/web" "common_name=web.example.com" "ttl=1h" }}'
        "{{ .LeaseID }} {{ .LeaseDuration }} {{ .Renewable }}\n{{ .Data.certificate }}{{ end }}"
    )
    done = pod.run(custom(text), custom(text, "again"))
    assert done.returncode == 0, done.stderr
    lease, _, certificate = pod.file().read_text().partition("\n")
    assert lease.startswith("agent-pki/issue/web/")
    assert lease.endswith(("3599 false", "3600 false"))
    subject = x509.load_pem_x509_certificate(certificate.encode()).subject
    assert subject.rfc4514_string() == "CN=web.example.com"
    assert pod.file("again").read_text() == pod.file().read_text()
    assert done.stderr.count("sent to agent-pki/issue/web") == 1


def leases(vault: VaultServer) -> set[str]:
    try:
        return set(vault.request("LIST", "sys/leases/lookup/agent-pki/issue/web")["data"]["keys"])
    except StatusError:
        return set()  # there are none


@pytest.mark.parametrize("fails", [False, True])
def test_a_lease_lives_on_with_the_file_and_ends_with_a_failure(
    pod: Pod, vault: VaultServer, pki: str, fails: bool
) -> None:
    pod.role = pki
    lease = custom('{{ with secret "agent-pki/issue/web" "common_name=leased" "ttl=1h" }}{{ .LeaseID }}{{ end }}', "a")
    before = leases(vault)
    done = pod.run(lease, *([custom('{{ secret "kv1/agent/never" }}', "b")] if fails else []), arguments=QUICKLY)
    assert "sent to agent-pki/issue/web" in done.stderr
    assert ("the token is kept until its end" in done.stderr) is not fails
    left = set() if fails else {pod.file("a").read_text()}
    assert eventually(lambda: {f"agent-pki/issue/web/{name}" for name in leases(vault) - before} == left)


def test_a_certificate_is_kept_and_split_into_files_of_one_generation(pod: Pod, pki: str) -> None:
    pod.role = pki
    text = (
        '{{ with pkiCert "agent-pki/issue/web" "common_name=kept" "ttl=1h" }}{{ .Cert }}{{ .CA }}{{ .Key }}'
        '{{ .Key | writeToFile "/vault/secrets/tls/key.pem" "" "" "0600" }}{{ end }}'
    )
    assert pod.run(custom(text)).returncode == 0
    first, key = pod.file().read_bytes(), pod.file("tls/key.pem")
    assert key.read_bytes() in first
    assert key.stat().st_mode & 0o777 == 0o600
    done = pod.run(custom(text))
    assert (done.returncode, pod.file().read_bytes()) == (0, first)
    assert "sent to" not in done.stderr
    assert f"unchanged: {key}" in done.stderr


def test_environment_and_files_are_the_containers(pod: Pod) -> None:
    pod.environment["GREETING"] = "hi"
    (pod.root / "etc").mkdir()
    (pod.root / "etc" / "motto").write_text("below the root")
    text = (
        '{{ env "GREETING" }} {{ mustEnv "GREETING" }} {{ envOrDefault "NOPE" "d" }} [{{ env "SEALER_AGENT_CONFIG" }}] '
        '{{ file "/etc/motto" }}'
    )
    done = pod.run(custom(text))
    assert done.returncode == 0, done.stderr
    assert pod.file().read_text() == "hi hi d [] below the root"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{{ with secret "kv1/c" }}{{ .Data.v | parseInt }}{{ end }}', "line 1:38: at <parseInt>: error calling"),
        ('{{ with secret "kv1/c" }}\n{{ mustEnv "NOPE" }}{{ end }}', "line 2:3: at <mustEnv"),
        ('{{ with secret "kv1/c" }}{{ secret "kv1/c" .Data.v }}{{ end }}', "error calling secret: not k=v pair"),
        ('{{ file "/nowhere" }}', "file(/nowhere): no such file"),
        ('{{ file "/../../etc/shadow" }}', "file(/etc/shadow): no such file"),
        ('{{ secret "kv1/../x" }}', 'the path "kv1/../x" holds "." or ".."'),
        ('{{ with secret "kv1/c" }}{{ .Data.v | writeToFile "/a/../b" "" "" "0600" }}{{ end }}', "writeToFile: "),
        ('{{ with secret "kv1/c" }}{{ repeat }}{{ end }}', 'line 1: function "repeat" not defined'),
    ],
)  # fmt: skip
def test_a_template_that_fails_is_named_writes_nothing_and_shows_no_value(
    pod: Pod, vault: VaultServer, canary: str, text: str, said: str
) -> None:
    vault.put("kv1/c", {"v": canary})
    done = pod.run(template("good", "kv1/c"), custom(text))
    assert done.returncode == 3, done.stderr
    assert said in done.stderr
    assert "hello.txt" in done.stderr or "writeToFile" in said
    assert "Traceback" not in done.stderr
    assert canary not in done.stderr
    assert pod.files() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{{ secret "secret/agent/nowhere" }}', "no secret exists at secret/agent/nowhere"),
        ('{{ secret "other/forbidden" }}', "may not read other/forbidden"),
        ('{{ secret "kv1/x" "a=canary" }}', "may not write to kv1/x"),
        ('{{ secrets "other/x" }}', "may not list other/x"),
    ],
)
def test_what_a_template_may_not_have_is_tried_again_and_then_named(pod: Pod, text: str, said: str) -> None:
    done = pod.run(custom(text), arguments=("--retry-for", "0.3"))
    assert done.returncode == 6
    assert "trying again" in done.stderr
    assert f"{said}" in done.stderr.splitlines()[-2]
    assert "canary" not in done.stderr
    assert pod.files() == []


def test_a_secret_that_comes_a_moment_later_is_waited_for(pod: Pod, vault: VaultServer) -> None:
    text = '{{ with secret "kv1/agent/late-for-template" }}{{ .Data.v }}{{ end }}'
    with pod.start(custom(text)) as agent:
        assert agent.stderr is not None
        assert any("no secret exists at kv1/agent/late-for-template" in line for line in agent.stderr)
        vault.put("kv1/agent/late-for-template", {"v": "here"})
        agent.stderr.read()
        assert agent.wait(20) == 0
    assert pod.file().read_text() == "here"


def test_all_is_rendered_before_anything_is_written(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put("kv1/all", {"v": canary})
    writes = custom('{{ "x" | writeToFile "/vault/secrets/side" "" "" "0644" }}y', "a")
    done = pod.run(writes, custom('{{ secret "kv1/agent/never" }}', "b"), arguments=QUICKLY)
    assert done.returncode == 6
    assert pod.files() == []
    assert pod.run(writes).returncode == 0
    assert pod.files() == ["secrets/a", "secrets/side"]


def test_json_has_the_escapes_of_go(pod: Pod, vault: VaultServer) -> None:
    vault.put_kv2("json", {"a": "<&>", "n": 1})
    done = pod.run(custom('{{ with secret "secret/json" }}{{ .Data.data | toJSON }}{{ end }}'))
    assert done.returncode == 0
    assert json.loads(pod.file().read_text()) == {"a": "<&>", "n": 1}
    assert "\\u003c" in pod.file().read_text()
