"""KV version 1 and 2: from the path that people write to the path of the API, and what comes back (pure).

The rules are those of the existing agent (reference, vault-agent-injector 5.3), so that one annotation reads the same
secret through either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.vault.verbatim import Json

_API_WORDS: Final = ("data/", "metadata/", "subkeys/")


@dataclass(frozen=True)
class Mount:
    """A secrets engine.

    Attributes:
        path: Where it is mounted, with a slash at its end, such as ``secret/``.
        versioned: Whether it is KV version 2; version 1 and all other engines are read alike.

    """

    path: str
    versioned: bool


@dataclass(frozen=True)
class VaultSecret:
    """What Vault holds at a path.

    Attributes:
        document: The answer's ``data``: what a template sees as ``.Data``; for KV version 2 it holds ``data`` and
            ``metadata``.
        fields: The secret's own fields, whatever the version.
        answer: The whole answer, with lease and warnings.

    """

    document: Mapping[str, Json] = field(repr=False)
    fields: Mapping[str, Json] = field(repr=False)
    answer: Mapping[str, Json] = field(default_factory=dict, repr=False)


def mount_of(preflight: Mapping[str, Json]) -> Mount | None:
    """Read the ``data`` of ``sys/internal/ui/mounts/PATH``; None where it is not what Vault sends."""
    path, kind, options = preflight.get("path"), preflight.get("type"), preflight.get("options")
    if not isinstance(path, str) or not path.strip("/"):
        return None
    version = options.get("version") if isinstance(options, dict) else None
    return Mount(path, versioned=kind == "kv" and version == "2")


def api_path(path: str, mount: Mount | None) -> str:
    """Return the path to read below ``/v1/``.

    Args:
        path: The logical path, no slashes at its ends.
        mount: The mount it lies in; None where Vault would not say, which counts as KV version 1.

    """
    if mount is None or not mount.versioned:
        return path
    at = _mount_in(path, mount)
    rest = path[len(at) :].lstrip("/")
    if rest.startswith(_API_WORDS):
        return path
    return "/".join(part for part in (at, "data", rest) if part)


def list_path(path: str, mount: Mount | None) -> str:
    """Return the path to list below ``/v1/``: names are kept with the metadata of KV version 2.

    Args:
        path: The logical path, no slashes at its ends.
        mount: The mount it lies in; None where Vault would not say, which counts as KV version 1.

    """
    if mount is None or not mount.versioned:
        return path
    at = _mount_in(path, mount)
    rest = path[len(at) :].strip("/")
    if f"{rest}/".startswith("metadata/"):
        return path
    return "/".join(part for part in (at, "metadata", rest) if part)


def to_write(data: Mapping[str, str], mount: Mount | None) -> dict[str, object]:
    """Return the body of a write: KV version 2 wants the fields below ``data``. The path is written as it stands."""
    return {"data": dict(data)} if mount is not None and mount.versioned else dict(data)


def _mount_in(path: str, mount: Mount) -> str:
    """Return the mount as it stands at the beginning of `path`: Vault may name it with its namespace before it."""
    parts = mount.path.strip("/").split("/")
    for start in range(len(parts)):
        at = "/".join(parts[start:])
        if f"{path}/".startswith(f"{at}/"):
            return at
    return ""


def holds(mount: Mount, path: str) -> bool:
    """Say whether `path` lies in `mount`. Vault never nests a mount in another's path, so the answer is final."""
    return f"{path}/".startswith(mount.path)


def is_versioned(mount: Mount | None, asked: str, document: Mapping[str, Json]) -> bool:
    """Say whether `document`, read at the API path `asked`, is data and metadata of a KV version 2 secret.

    Where Vault would not tell the mount's kind, the answer's shape has to do: exactly ``data`` and ``metadata``, and
    the latter with a ``version``.
    """
    if mount is not None:
        at = _mount_in(asked, mount)
        return mount.versioned and f"{asked}/".startswith(f"{at}/data/")
    metadata = document.get("metadata")
    return document.keys() == {"data", "metadata"} and isinstance(metadata, dict) and "version" in metadata


def is_gone(document: Mapping[str, Json], now: datetime) -> bool:
    """Say whether a KV version 2 answer is that of a deleted or destroyed version.

    Args:
        document: ``data`` and ``metadata``.
        now: The time, aware; a deletion may be set for later.

    """
    if document.get("data") is None:
        return True
    metadata = document.get("metadata")
    when = metadata.get("deletion_time") if isinstance(metadata, dict) else None
    if not isinstance(when, str) or not when:
        return False
    try:
        return datetime.fromisoformat(when) <= now
    except (ValueError, TypeError):
        return False  # as the existing agent: a time that nobody can read deletes nothing


def to_secret(
    document: Mapping[str, Json], *, versioned: bool, answer: Mapping[str, Json] | None = None
) -> VaultSecret:
    """Separate a secret's own fields from what Vault says about it."""
    inner = document.get("data")
    return VaultSecret(document, inner if versioned and isinstance(inner, dict) else document, answer or {})
