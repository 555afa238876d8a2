"""`spec.template.data` comes out of our engine as it comes out of the existing system's own (its --recovery-unseal)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sealer.cli.main import run
from tests.interop.conftest import cert, items_of, key, sealer, secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Kubeseal

ITEMS = {
    "user": b"bob",
    "pass-word": b"p<&>\"'w",
    "json": b'{"a": [1, 2.5, "x"]}',
    "lines": b"l1\nl2\n",
    "bytes": b"a\xffb",
}

TEMPLATES = [
    "plain text",
    "{{ .user }}",
    '{{ index . "pass-word" }}',
    "{{ .missing }}",
    '{{ index . "missing" }}',
    '{{ .missing | default "none" }}',
    "{{ .user | upper | quote }}",
    "{{ .user | b64enc | b64dec }}",
    "{{ .lines | indent 4 }}",
    "{{ .lines | nindent 2 }}",
    '{{ .lines | trim | splitList "\\n" | join "," }}',
    "{{ range $k, $v := . }}{{ $k }}={{ len $v }};{{ end }}",
    "{{ toJson . }}",
    "{{ . }}",
    '{{ printf "%v %T %q" .user .user .user }}',
    '{{ printf "%v" . }}',
    "{{ typeOf . }} {{ kindOf . }}",
    "{{ (fromJson .json).a }}",
    "{{ range (fromJson .json).a }}<{{ . }}>{{ end }}",
    '{{ if and .user (eq .user "bob") }}yes{{ else }}no{{ end }}',
    "{{- with .user -}} {{ . }} {{- end -}}",
    '{{ define "t" }}[{{ . }}]{{ end }}{{ template "t" .user }}',
    "{{ .bytes | b64enc }}",
    "{{ .bytes }}",
    '{{ .user | sha256sum }} {{ "x" | repeat 3 }}',
    '{{ hasKey . "user" }}',
    '{{ keys . | sortAlpha | join "," }}',
    '{{ regexReplaceAll "b(o)b" .user "${1}x" }}',
    '{{ $x := dict "u" .user }}{{ $x.u }}',
    '{{ ternary "a" "b" (empty .missing) }}',
    "{{ .user.name }}",
    "{{ .user | nope }}",
    "{{ .user",
    '{{ template "none" }}',
    "{{ index .user 7 }}",
    '{{ env "HOME" }}',
]


def sealed(templates: dict[str, str | None]) -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load(
        sealer("seal", "--cert", cert("rsa-2048"), stdin=json.dumps(secret(ITEMS)))
    )
    manifest["spec"]["template"]["data"] = templates
    return manifest


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_gives_what_it_gives_in_the_existing_system(
    kubeseal: Kubeseal, tmp_path: Path, template: str
) -> None:
    text = json.dumps(sealed({"out": template}))
    theirs = kubeseal.run("--recovery-unseal", "--recovery-private-key", key("rsa-2048"), stdin=text)
    path = tmp_path / "sealed.json"
    path.write_text(text)
    if theirs.returncode != 0:
        assert run(["unseal", "--key", key("rsa-2048"), str(path)]) != 0
        return
    ours = sealer("unseal", "--key", key("rsa-2048"), "-o", "json", str(path))
    assert items_of(json.loads(ours)) == items_of(json.loads(theirs.stdout))


def test_a_sealed_item_wins_null_removes_and_plain_values_are_seen(kubeseal: Kubeseal) -> None:
    text = json.dumps(sealed({"user": "loses", "lines": None, "host": "db", "url": "{{ .user }}@{{ .host }}"}))
    theirs = items_of(kubeseal.opened(text))
    ours = items_of(json.loads(sealer("unseal", "--key", key("rsa-2048"), "-o", "json", stdin=text)))
    assert ours == theirs
    assert (ours["user"], ours["url"]) == (b"bob", b"bob@db")
    assert "lines" not in ours
