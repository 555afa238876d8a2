"""Times that other functions made (`sprig_toDate`), as JSON, YAML and TOML write them."""

from __future__ import annotations

from typing import Any, Final

_RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"


def rfc3339(value: Any) -> str | None:
    """A `time.Time` with as many digits of the second as it has; None for any other struct."""
    format_method = value.go_type.methods.get("Format") if value.go_type.name == "time.Time" else None
    return None if format_method is None else str(format_method.call(value, _RFC3339_NANO))
