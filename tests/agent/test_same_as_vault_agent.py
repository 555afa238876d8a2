"""The same bytes as the existing agent, which is run beside ours on the same secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.agent.configurations import template
from tests.support.vault_agent import run_vault_agent

if TYPE_CHECKING:
    from deploy.local.find import Parts
    from deploy.local.vault import VaultServer
    from tests.agent.conftest import Pod

ODD = r"""{
  "user": "bob", "pass": "p<&>\"'w", "port": 5432, "big": 12345678901234567890, "f": 1.50, "e": 1e5, "E": 1E+5,
  "neg": -0.0, "ok": true, "none": null, "lst": ["a", 1, {"x": "y"}, null, []],
  "nested": {"b": 1, "a": "z", "n": null, "e": {}}, "multi": "l1\nl2\ttab\r", "b64": "aGVsbG8=", "empty": "",
  "uni": "żółć 🦀 \u2028\u2029 \u0000 \u0001 \b \f \u007f", "lone": "\ud800x", "Z": 1, "ä": "umlaut",
  "k with space": "v", "k:colon": "v", "html<k>": "x", "fffd": "\ufffd", "<no value>": "{{ .Data }}"
}"""
PLAIN = '{"a": "1"}'
# The default templates of the existing injector (reference, vault-agent-injector 3.3).
THEIRS = {
    "map": '{{ with secret "%s" }}{{ range $k, $v := .Data }}{{ $k }}: {{ $v }}\n{{ end }}{{ end }}',
    "json": '{{ with secret "%s" }}{{ .Data | toJSON }}\n{{ end }}',
}


def write(vault: VaultServer, path: str, text: str) -> None:
    """Write JSON text as it stands: Python would change its numbers."""
    from deploy.local.http import Request, send

    send(Request("POST", f"{vault.address}/v1/{path}", text.encode(), {"X-Vault-Token": vault.root_token}))


@pytest.mark.parametrize("kind", ["map", "json"])
@pytest.mark.parametrize("text", [ODD, PLAIN], ids=["odd", "plain"])
def test_both_versions_come_out_the_same(pod: Pod, parts: Parts, vault: VaultServer, kind: str, text: str) -> None:
    write(vault, "kv1/same", text)
    write(vault, "secret/data/same", f'{{"data": {text}}}')
    paths = {"one": "kv1/same", "two": "secret/same", "two-data": "secret/data/same?version=1"}
    theirs = pod.root / "theirs"
    theirs.mkdir()
    templates = [
        {"destination": str(theirs / name), "contents": THEIRS[kind].replace("%s", path)}
        for name, path in paths.items()
    ]
    run_vault_agent(parts, vault, theirs, templates)
    done = pod.run(*(template(name, path, default_template=kind) for name, path in paths.items()))
    assert done.returncode == 0, done.stderr
    for name in paths:
        assert pod.file(name).read_bytes() == (theirs / name).read_bytes()
        assert pod.file(name).stat().st_mode == (theirs / name).stat().st_mode


CUSTOM = (
    '{{ with secret "secret/same" }}{{ .Data.data.user }}|{{ .Data.data.big }}|{{ .Data.data.f }}{{ end }}',
    '{{ with secret "secret/data/same?version=1" }}{{ .Data.data | toJSON }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data | toJSONPretty }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data | toUnescapedJSON }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data | toYAML }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .LeaseDuration }} {{ .Renewable }} [{{ .LeaseID }}]{{ end }}',
    '{{ with secret "kv1/same" }}[{{ .Data.nope }}]{{ .Data.none }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ range $k, $v := .Data }}export {{ $k }}={{ $v | toJSON }}\n{{ end }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data.b64 | base64Decode }} {{ .Data.user | base64Encode }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data.multi | indent 4 }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data.nested }} {{ .Data.lst }} {{ len .Data }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data.uni }}{{ .Data.lone }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data.pass | html }} {{ .Data.pass | urlquery }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ .Data.user | sprig_upper | sprig_quote }}{{ end }}',
    '{{ with secret "kv1/same" }}{{ index .Data "k with space" }}{{ end }}',
    '{{ with secret "secret/pointing" }}{{ with secret .Data.data.to }}{{ .Data.user }}{{ end }}{{ end }}',
    '{{ range secrets "secret/" }}{{ . }} {{ end }}|{{ range secrets "kv1" }}{{ . }} {{ end }}',
    '{{ range secrets "kv1/nothing" }}x{{ else }}none{{ end }}',
    '{{ with secret "sys/capabilities-self" "path=nothing/x" }}{{ .Data.capabilities | len }}{{ end }}',
    '{{ env "SEALER_TEST_NOPE" }}{{ envOrDefault "SEALER_TEST_NOPE" "d" }}{{ "a,b" | split "," | join ";" }}',
    '{{ define "t" }}<{{ . }}>{{ end }}{{ with secret "kv1/same" }}{{ template "t" .Data.port }}{{ end }}',
    '{{ scratch.Set "a" 1 }}{{ scratch.Get "a" }}{{ 5 | subtract 2 }}{{ "{{" }}',
)


def test_custom_templates_come_out_the_same(pod: Pod, parts: Parts, vault: VaultServer) -> None:
    write(vault, "kv1/same", ODD)
    write(vault, "secret/data/same", f'{{"data": {ODD}}}')
    vault.put_kv2("pointing", {"to": "kv1/same"})
    theirs = pod.root / "theirs"
    theirs.mkdir()
    texts = {f"custom-{number}": text for number, text in enumerate(CUSTOM)}
    run_vault_agent(
        parts, vault, theirs, [{"destination": str(theirs / name), "contents": text} for name, text in texts.items()]
    )
    done = pod.run(*(template(name, None, contents=text) for name, text in texts.items()))
    assert done.returncode == 0, done.stderr
    different = {
        text: (pod.file(name).read_bytes(), (theirs / name).read_bytes())
        for name, text in texts.items()
        if pod.file(name).read_bytes() != (theirs / name).read_bytes()
    }
    assert different == {}
