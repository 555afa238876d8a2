"""Mappings as YAML and JSON text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def write_yaml(values: Iterable[Mapping[str, Any] | list[Any]]) -> str:
    """Encode mappings as YAML documents, each begun by ``---``, in an order and quoting that any YAML reader keeps."""
    return "".join(
        "---\n" + yaml.dump(v, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 20) for v in values
    )


def write_json(values: Iterable[Mapping[str, Any] | list[Any]]) -> str:
    """Encode mappings as JSON objects one after another, indented by two spaces, each ended by a line end."""
    return "".join(json.dumps(v, indent=2, ensure_ascii=False) + "\n" for v in values)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # the C one where it is built
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True


# What some YAML reader takes for something else than a string: the words and numbers of YAML 1.1 (Go's reader, PyYAML)
# and 1.2. PyYAML's own resolver misses `y`, `1e3` and `0o17`, so anything that begins like a number is quoted.
_AMBIGUOUS: Final = re.compile(
    r"(?i:y|n|yes|no|on|off|true|false|null|~|)\Z|[-+]?\.?[0-9]|[-+]?\.(?i:inf|nan)\Z|=\Z|<<\Z"
)


def is_ambiguous(text: str) -> bool:
    """Say whether some reader of YAML takes the plain text for something else than a string."""
    return _AMBIGUOUS.match(text) is not None


def _represent_string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if is_ambiguous(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_string)
