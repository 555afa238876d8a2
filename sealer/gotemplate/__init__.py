r"""Go's text/template in Python: `parse` a template, `render` it, byte for byte what Go 1.26 makes of it.

::

    template = parse("greeting", "Hello {{ .name | printf "%q" }}")
    template.render({"name": "world"})

docs/reference/templates.md lists what differs from Go; docs/explanation/templates.md says how this is built.
"""

from __future__ import annotations

from sealer.gotemplate.errors import ExecError, FunctionError, GoTemplateError, LimitError, ParseError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.limits import Context, Limits, Services
from sealer.gotemplate.template import MissingKey, Template, from_json, parse
from sealer.gotemplate.text import decode, encode

__all__ = [
    "Context",
    "ExecError",
    "FunctionError",
    "GoTemplateError",
    "LimitError",
    "Limits",
    "MissingKey",
    "ParseError",
    "Registry",
    "Services",
    "Template",
    "decode",
    "encode",
    "from_json",
    "parse",
]
