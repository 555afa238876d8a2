"""Templates and options that both agents render, each into a file of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

V1, V2 = "kv1/flavours", "secret/flavours"
WITH_1, WITH_2 = f'{{{{ with secret "{V1}" }}}}', f'{{{{ with secret "{V2}" }}}}'
END = "{{ end }}"


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        name: Of the secret.
        options: Annotations by what comes before the name: ``secret``, ``template``, ``perms`` …

    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def annotations(self) -> dict[str, str]:
        return {_PREFIXES[key] + self.name: value for key, value in self.options.items()}


_PREFIXES: Final = {
    "secret": "agent-inject-secret-",
    "template": "agent-inject-template-",
    "file": "agent-inject-file-",
    "perms": "agent-inject-perms-",
    "left": "agent-template-left-delim-",
    "right": "agent-template-right-delim-",
    "missing": "error-on-missing-key-",
    "folder": "secret-volume-path-",
    "case": "preserve-secret-case-",
    "command": "agent-inject-command-",
}

# Bodies over `.Data` of version 1 and over `.Data.data` of version 2: written once, rendered for both.
_BODIES: Final = (
    "{{ .D.user }}",
    "{{ .D.port }} {{ .D.big }} {{ .D.ok }} {{ .D.fraction }}",
    "{{ .D.none }}",
    "{{ .D.nope }}",
    "{{ .D.list }} {{ .D.nested }}",
    "{{ .D | toJSON }}",
    "{{ .D | toJSONPretty }}",
    "{{ .D | toUnescapedJSON }}",
    "{{ .D | toYAML }}",
    "{{ .D.multi | indent 4 }}",
    "{{ .D.b64 | base64Decode }}|{{ .D.user | base64Encode }}",
    "{{ range $k, $v := .D }}export {{ $k }}={{ $v | toJSON }}\n{{ end }}",
    '{{ printf "postgres://%s:%s@db:%v" .D.user .D.pass .D.port }}',
    '{{ if eq .D.user "bob" }}yes{{ else }}no{{ end }} {{ len .D.list }} {{ index .D.list 0 }}',
    "{{- .D.user -}}   \n  {{- .D.pass }}  ",
    '{{ .D.pass | html }} {{ .D.user | toUpper }} {{ .D.user | sprig_quote }} {{ "a.b" | replaceAll "." "-" }}',
    '{{ .D.user | sha256Hex }} {{ "abc" | regexReplaceAll "b" "X" }} {{ 5 | subtract 2 }} {{ 2 | add 3 }}',
    "{{ range .D.list }}[{{ . }}]{{ end }}{{ with .D.nested }}{{ .a }}{{ end }}",
    '{{ scratch.Set "k" .D.port }}{{ scratch.Get "k" }}{{ scratch.MapSet "m" "a" .D.user }}{{ scratch.Get "m" }}',
    "{{ .D.unicode }} {{ .D.empty }}|",
    '{{ "x,y" | split "," | join ";" }} {{ .D.user | contains "b" }} {{ .D.multi | trimSpace }}',
    "{{ parseJSON .D.json }} {{ (parseJSON .D.json).a }}",
)
_MORE: Final = (
    Case("default-map-1", {"secret": V1}),
    Case("default-map-2", {"secret": V2}),
    Case("default-data", {"secret": "secret/data/flavours"}),
    Case("default-version", {"secret": f"{V2}?version=1"}),
    Case("Cased", {"secret": V1, "case": "true"}),
    Case("Lowered", {"secret": V1}),
    Case("in-a-folder", {"secret": V1, "file": "deep/er/name.conf"}),
    Case("mode-0400", {"secret": V1, "perms": "0400"}),
    Case("mode-0755", {"secret": V1, "perms": "755", "template": f"{WITH_1}{{{{ .Data.user }}}}{END}"}),
    Case(
        "delimiters",
        {"template": f'[[ with secret "{V1}" ]][[ .Data.user ]][[ end ]] {{{{ kept }}}}', "left": "[[", "right": "]]"},
    ),
    Case("no-path", {"template": f"{WITH_2}{{{{ .Data.data.user }}}}{END}"}),
    Case("strict", {"template": f"{WITH_1}{{{{ .Data.user }}}}{END}", "missing": "true"}),
    Case("elsewhere", {"secret": V1, "folder": "/app/conf"}),
    Case("elsewhere-too", {"secret": V2, "folder": "/app/conf", "file": "two"}),
    Case("elsewhere-else", {"secret": V2, "folder": "/app/other"}),
    Case(
        "metadata",
        {"template": f"{WITH_2}{{{{ .Data.metadata.version }}}} {{{{ .LeaseDuration }}}} [{{{{ .LeaseID }}}}]{END}"},
    ),
    Case("two-secrets", {"template": f"{WITH_1}{{{{ .Data.user }}}}{END}/{WITH_2}{{{{ .Data.data.user }}}}{END}"}),
    Case(
        "found-by-another",
        {"template": f"{WITH_1}{{{{ with secret .Data.points }}}}{{{{ .Data.data.user }}}}{END}{END}"},
    ),
    Case(
        "defined", {"template": '{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" "x" }}{{ executeTemplate "t" 1 }}'}
    ),
    Case("listing", {"template": '{{ range secrets "kv1/flavours-list" }}{{ . }} {{ end }}'}),
    Case("nothing-listed", {"template": '{{ range secrets "kv1/flavours-none" }}x{{ else }}none{{ end }}'}),
    Case("environment", {"template": '{{ env "NAMESPACE" }} {{ envOrDefault "SEALER_NOT_SET" "d" }}'}),
    Case("written-beside", {"template": f'{WITH_1}{{{{ .Data.user }}}}{END}{{{{ "extra" | contains "x" }}}}'}),
    Case("empty-output", {"template": "{{ if false }}x{{ end }}"}),
    Case("long", {"template": f"{WITH_1}{{{{ range loop 300 }}}}line {{{{ . }}}} {{{{ end }}}}{END}"}),
)


def cases() -> tuple[Case, ...]:
    """All of them."""
    bodies = [
        Case(f"body-{number}-v{version}", {"template": f"{begin}{body.replace('.D', data)}{END}"})
        for number, body in enumerate(_BODIES)
        for version, begin, data in ((1, WITH_1, ".Data"), (2, WITH_2, ".Data.data"))
    ]
    return (*bodies, *_MORE)
