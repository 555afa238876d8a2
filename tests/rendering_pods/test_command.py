"""The command as a person, or a pipeline, uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from injector.webhook.options import OPTIONS, POD_OPTIONS
from tests.admission.conftest import FLAGS, PROGRAM, environment
from tests.admission.pods import apply_patch
from tests.rendering_pods.conftest import ASKS, PREFIX, pod, render, render_file, workload

if TYPE_CHECKING:
    from pathlib import Path

CONFIGMAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {}}


def _program(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env=environment(variables),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _defaults(folder: Path, *namespaces: tuple[str | None, dict[str, Any]]) -> str:
    file = folder / "defaults.yaml"
    documents = [
        {**CONFIGMAP, "metadata": {"name": "d"} | ({"namespace": name} if name else {}), "data": data}
        for name, data in namespaces
    ]
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)


def test_everything_is_shown_and_fits_together(tmp_path: Path) -> None:
    result = render_file(tmp_path, [workload("Deployment", "apps/v1")])
    assert (result.code, result.errors) == (0, "")
    assert result.output.startswith("---\n# Deployment shop/web\npatch:\n")
    (shown,) = result.documents
    assert list(shown) == ["patch", "pod", "config"]
    # Each of the agent's containers with what it is told.
    assert {name: config["mode"] for name, config in shown["config"].items()} == {
        "vault-agent-init": "init",
        "vault-agent": "sidecar",
    }
    assert shown["config"]["vault-agent"]["templates"][0]["path"] == "secret/db"


def test_the_patch_makes_the_pod_that_is_shown(tmp_path: Path) -> None:
    unchanged = {**pod(), "metadata": {"name": "web", "annotations": dict(ASKS)}}
    unchanged["spec"]["automountServiceAccountToken"] = False  # so that nothing comes before the patch
    (shown,) = render_file(tmp_path, [unchanged]).documents
    assert apply_patch(unchanged, shown["patch"]) == shown["pod"]


@pytest.mark.parametrize("part", ["patch", "pod", "config"])
def test_one_part_alone_in_either_format(part: str, tmp_path: Path) -> None:
    (whole,) = render_file(tmp_path, [pod()]).documents
    (alone,) = render_file(tmp_path, [pod()], "--only", part).documents
    as_json = render_file(tmp_path, [pod()], "--only", part, "--output", "json")
    assert alone == whole[part] == json.loads(as_json.output)


def test_the_output_is_the_same_each_time(tmp_path: Path) -> None:
    manifests = [workload("Deployment", "apps/v1"), pod()]
    assert render_file(tmp_path, manifests) == render_file(tmp_path, manifests)


def test_standard_input_and_files_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(yaml.safe_dump(workload("Job", "batch/v1")))
    result = render("-f", "-", "-f", str(tmp_path / "web.yaml"), "-n", "here", stdin=json.dumps(pod()))
    titles = [line for line in result.output.splitlines() if line.startswith("# ")]
    assert titles == ["# Pod here/web", "# Job shop/web"]


def test_a_refused_pod_is_told_with_its_place_and_nothing_is_printed(tmp_path: Path) -> None:
    bad = pod({**ASKS, PREFIX + "agent-run-as-user": "zzz"})
    result = render_file(tmp_path, [pod(), bad, pod({**ASKS, PREFIX + "role": ""})])
    assert (result.code, result.output) == (3, "")
    first, second = result.errors.splitlines()
    line = yaml.safe_dump_all([pod(), bad]).splitlines().index(f"    {PREFIX}agent-run-as-user: zzz") + 1
    assert first == (
        f"error: {tmp_path}/manifests.yaml, document 2, line {line}: Pod default/web: "
        f'annotation {PREFIX}agent-run-as-user is "zzz": must be a whole number'
    )
    assert f"{tmp_path}/manifests.yaml, document 3, line " in second
    assert "role" in second


def test_a_value_that_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        f"kind: Pod\napiVersion: v1\nmetadata:\n  annotations:\n    {PREFIX}agent-inject: true\n"
        "spec:\n  containers: [{name: a, image: b}]\n"
    )
    result = render("-f", str(tmp_path / "a.yaml"))
    assert result.code == 3
    assert f"a.yaml, document 1, line 5: Pod default/: the pod's metadata.annotations[{PREFIX}agent-inject]" in (
        result.errors
    )
    assert "is not a string; put it in quotes" in result.errors


def test_warnings_have_a_place_and_fail_nothing(tmp_path: Path) -> None:
    result = render_file(tmp_path, [pod({**ASKS, PREFIX + "agent-inject-secrets-x": "y"})])
    assert result.code == 0
    assert result.documents
    assert f"warning: {tmp_path}/manifests.yaml, document 1, line " in result.errors
    assert f"did you mean {PREFIX}agent-inject-secret-x?" in result.errors


def test_what_makes_no_pods_is_passed_over_with_one_note(tmp_path: Path) -> None:
    result = render_file(tmp_path, [CONFIGMAP, pod(), CONFIGMAP, {**CONFIGMAP, "kind": "Service"}])
    assert result.errors == "note: passed over, as they make no pods: ConfigMap (2), Service\n"
    assert len(result.documents) == 1


def test_pods_that_ask_for_nothing_or_have_it_already_are_passed_over(tmp_path: Path) -> None:
    injected = pod({**ASKS, PREFIX + "agent-inject-status": "injected"})
    result = render_file(tmp_path, [pod({}), injected])
    assert (result.code, result.output) == (0, "")
    assert "Pod default/web asks for no injection" in result.errors
    assert "Pod default/web is injected already" in result.errors


def test_annotations_on_the_workload_instead_of_its_pods_are_told(tmp_path: Path) -> None:
    misplaced = workload("Deployment", "apps/v1", {"spec": pod()["spec"]})
    misplaced["metadata"]["annotations"] = ASKS
    result = render_file(tmp_path, [misplaced])
    assert result.output == ""
    assert "agent-inject is not on its pods, and has no effect here" in result.errors


def test_a_pod_of_a_system_namespace_is_refused(tmp_path: Path) -> None:
    result = render_file(tmp_path, [pod()], "--namespace", "kube-system")
    assert result.code == 3
    assert "cannot inject into the system namespace kube-system" in result.errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("just words", "document 1, line 1: not a Kubernetes manifest"),
        ("{kind: Deployment, apiVersion: apps/v1}", "document 1, line 1: a Deployment without spec.template.spec"),
        ("{kind: Pod, apiVersion: v1}", "document 1, line 1: a Pod without spec"),
        ("{a: [}", "a.yaml"),
        ("", "there is no document in it"),
    ],
)
def test_what_is_no_manifest_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    result = render("-f", str(tmp_path / "a.yaml"))
    assert (result.code, result.output) == (3, "")
    assert message in result.errors


def test_defaults_of_the_namespace_count_before_those_of_all(tmp_path: Path) -> None:
    template = {"metadata": {"annotations": {PREFIX + "agent-inject": "true"}}, "spec": pod()["spec"]}
    shop = workload("Deployment", "apps/v1", template)
    defaults = _defaults(
        tmp_path,
        ("sealer-system", {"role": "all", "native-sidecar": "true"}),
        ("shop", {"role": "shop"}),
        ("other", {"role": "other", "log-level": "debug"}),
    )
    config = render_file(tmp_path, [shop], "--defaults", defaults, "--only", "config").documents[0]
    assert config["vault-agent"]["mode"] == "native"
    assert config["vault-agent"]["auth"]["params"]["role"] == "shop"
    assert config["vault-agent"]["log"]["level"] == "info"


def test_a_default_that_cannot_be_used_is_a_warning_with_its_place(tmp_path: Path) -> None:
    result = render_file(tmp_path, [pod()], "--defaults", _defaults(tmp_path, (None, {"rolle": "x"})))
    assert result.code == 0
    assert "defaults.yaml, document 1, line " in result.errors
    assert "unknown key rolle: did you mean role?" in result.errors


@pytest.mark.parametrize(
    ("manifest", "message"), [(pod(), "not a ConfigMap"), ({**CONFIGMAP, "data": {"native-sidecar": True}}, "no text")]
)
def test_defaults_that_are_none_are_an_error(manifest: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = tmp_path / "defaults.yaml"
    file.write_text(yaml.safe_dump(manifest))
    result = render_file(tmp_path, [pod()], "--defaults", str(file))
    assert result.code == 3
    assert message.replace("no text", "is not text") in result.errors


def test_settings_come_from_flags_and_environment_as_for_the_webhook(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(yaml.safe_dump(pod()))
    arguments = ("--vault-address", "http://flag", "--log-level", "info", "render", "-f", str(file), "--only", "config")
    before = _program(*arguments, "--native-sidecar", "true")
    assert before.returncode == 0, before.stderr
    config = yaml.safe_load(before.stdout)["vault-agent"]
    assert (config["mode"], config["vault"]["address"]) == ("native", "http://flag")
    over = _program(*arguments, AGENT_INJECT_VAULT_ADDR="http://variable")
    assert yaml.safe_load(over.stdout)["vault-agent"]["vault"]["address"] == "http://variable"


def test_the_flags_are_those_of_the_webhook_that_are_about_pods() -> None:
    serving = {option.name for option in OPTIONS} - {option.name for option in POD_OPTIONS}
    assert serving == {
        "listen", "tls_auto", "tls_auto_hosts", "tls_cert_file", "tls_key_file", "tls_min_version",
        "tls_cipher_suites", "tls_secret", "tls_validity", "tls_ca_validity", "lease_name", "defaults_configmap",
        "audit_interval", "telemetry_path", "shutdown_delay", "log_level", "log_format",
    }  # fmt: skip
    help_text = _program("render", "--help").stdout
    assert all(option.opts[0] in help_text for option in POD_OPTIONS)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("render",), "missing option '-f' / '--filename'", "see `sealer-injector render --help`"),
        (("render", "-f", "-"), "no Vault address", "give --vault-address"),
        (("render", *FLAGS, "-f", "-", "-f", "-"), "standard input can be read only once", ""),
        (("render", *FLAGS, "-f", "-", "--only", "x"), "invalid value for '--only': 'x' is not one of", ""),
        (("rendr",), "no such command 'rendr'", "see `sealer-injector --help`"),
        (("--nope",), "no such option '--nope'", "see `sealer-injector --help`"),
    ],
)
def test_a_wrong_use_is_told_in_our_own_form(arguments: tuple[str, ...], message: str, hint: str) -> None:
    done = _program(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")
    assert f"hint: {hint}" in done.stderr


def test_render_needs_no_cluster_and_loads_no_client_and_no_server() -> None:
    code = (
        "import sys\nfrom injector.webhook.render import command\n"
        f"command.main([*{FLAGS!r}, '-f', '-'], standalone_mode=False)\n"
        "print(sorted({'aiohttp', 'fastapi', 'uvicorn', 'kubernetes', 'hvac', 'pydantic'} & set(sys.modules)))"
    )
    manifest = json.dumps(pod())
    done = subprocess.run(
        [sys.executable, "-c", code], input=manifest, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
