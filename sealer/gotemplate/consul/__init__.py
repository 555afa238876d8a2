"""consul-template's functions (0.42.1), and its way to render a template until nothing more is missing.

::

    template = parse_template('{{ with secret "secret/app" }}{{ .Data.data.user }}{{ end }}')
    rendered = render_with(template, reader)
    rendered.output, rendered.writes, rendered.used

docs/reference/templates-consul.md lists every function and what differs.
"""

from __future__ import annotations

from sealer.gotemplate.consul.dependencies import (
    Dependency,
    IssueCertificate,
    ListSecrets,
    ReadFile,
    ReadSecret,
    WriteSecret,
)
from sealer.gotemplate.consul.fetch import Fetcher, SecretReader
from sealer.gotemplate.consul.functions import CONSUL
from sealer.gotemplate.consul.passes import FileWrite, Known, PassResult, Surroundings, render_pass
from sealer.gotemplate.consul.refresh import Schedule, refresh_after
from sealer.gotemplate.consul.responses import Auth, SecretResponse
from sealer.gotemplate.consul.watch import Rendered, parse_template, render_with

__all__ = [
    "CONSUL",
    "Auth",
    "Dependency",
    "Fetcher",
    "FileWrite",
    "IssueCertificate",
    "Known",
    "ListSecrets",
    "PassResult",
    "ReadFile",
    "ReadSecret",
    "Rendered",
    "Schedule",
    "SecretReader",
    "SecretResponse",
    "Surroundings",
    "WriteSecret",
    "parse_template",
    "refresh_after",
    "render_pass",
    "render_with",
]
