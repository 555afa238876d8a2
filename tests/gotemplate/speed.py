"""How fast a typical template renders, beside Go on the same machine in the same run."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from dataclasses import dataclass
from typing import Any, Final

from sealer.gotemplate import from_json, parse
from tests.gotemplate.build import oracle_path

TYPICAL: Final = """\
# {{ .service }} in {{ .environment }}
{{- with .database }}
DATABASE_URL=postgres://{{ .user }}:{{ urlquery .password }}@{{ .host }}:{{ .port }}/{{ .name }}?sslmode={{ .sslmode }}
DATABASE_POOL={{ if .pool }}{{ .pool }}{{ else }}10{{ end }}
{{- end }}
{{- range $name, $value := .settings }}
{{ $name }}={{ printf "%q" $value }}
{{- end }}
{{- if and .tls (eq .tls.mode "strict") }}
TLS_CERT={{ .tls.cert }}
TLS_KEY={{ .tls.key }}
{{- else if .tls }}
TLS_MODE={{ .tls.mode }}
{{- end }}
HOSTS={{ range $i, $host := .hosts }}{{ if $i }},{{ end }}{{ $host }}{{ end }}
{{- define "line" }}{{ printf "%-12s|%5.1f" .name .share }}{{ end }}
{{- range .shares }}
{{ template "line" . }}
{{- end }}
COUNT={{ len .hosts }}
FIRST={{ index .hosts 0 }}
"""
DATA: Final[dict[str, Any]] = {
    "service": "billing",
    "environment": "production",
    "database": {
        "user": "app", "password": "p@ss w/rd", "host": "db.internal", "port": "5432",
        "name": "billing", "sslmode": "verify-full",
    },
    "settings": {"LOG_LEVEL": "info", "FEATURE_X": "on", "REGION": "eu-central-1", "QUEUE": "jobs", "TIMEOUT": "30s"},
    "tls": {"mode": "strict", "cert": "/etc/tls/tls.crt", "key": "/etc/tls/tls.key"},
    "hosts": ["a.example.com", "b.example.com", "c.example.com"],
    "shares": [{"name": "alpha", "share": 12.5}, {"name": "beta", "share": 87.5}],
}  # fmt: skip


@dataclass(frozen=True)
class Speed:
    """Seconds for one rendering of a parsed template, the best of several rounds."""

    ours: float
    go: float
    parse: float

    @property
    def ratio(self) -> float:
        return self.ours / self.go


def best(call: Any, times: int, rounds: int = 5) -> float:
    """Seconds of one call, from the best of several rounds of many."""
    found = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(times):
            call()
        found.append((time.perf_counter() - begin) / times)
    return min(found)


def measure(times: int = 300) -> Speed:
    """Measure the typical template with Go and with Sealer."""
    template = parse("typical", TYPICAL)
    data = from_json(DATA)
    case = {
        "name": "typical",
        "template": base64.b64encode(TYPICAL.encode()).decode(),
        "data": json.dumps(DATA),
        "repeat": 3000,
    }
    done = subprocess.run([oracle_path()], input=json.dumps(case).encode(), capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert base64.b64decode(answer["output"]).decode() == template.render(data)
    ours = best(lambda: template.render(data), times)
    return Speed(ours, answer["nanos"] / 1e9, best(lambda: parse("typical", TYPICAL), times // 10, rounds=3))


if __name__ == "__main__":
    speed = measure()
    print(
        f"{speed.ours * 1e6:.0f} us, Go {speed.go * 1e6:.0f} us ({speed.ratio:.0f}x); parse {speed.parse * 1e6:.0f} us"
    )
