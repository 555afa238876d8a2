"""KV version 1 and 2: from the path that people write to the path of the API, and what comes back (pure).

The rules are those of the existing agent (reference, vault-agent-injector 5.3), so that one annotation reads the same
secret through either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from injector.vault.answers import Answer, Kind, warnings_in
from injector.vault.verbatim import Number

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
        kv: Whether it is KV of either version.

    """

    path: str
    versioned: bool
    kv: bool = False


def mount_of(preflight: Mapping[str, Json]) -> Mount | None:
    """Read the ``data`` of ``sys/internal/ui/mounts/PATH``; None where it is not what Vault sends."""
    path, kind, options = preflight.get("path"), preflight.get("type"), preflight.get("options")
    if not isinstance(path, str) or not path.strip("/"):
        return None
    version = options.get("version") if isinstance(options, dict) else None
    # "generic" is what Vault called KV before it had versions; mounts of that time still say so.
    return Mount(path, versioned=kind == "kv" and version == "2", kv=kind in {"kv", "generic"})


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


def metadata_path(path: str, mount: Mount) -> str:
    """Return the path below ``/v1/`` of the metadata of a KV version 2 secret.

    Args:
        path: The logical path, no slashes at its ends, or one of the API such as ``secret/data/hello``.
        mount: The mount it lies in.

    """
    at = _mount_in(path, mount)
    rest = path[len(at) :].lstrip("/")
    word = next((word for word in _API_WORDS if rest.startswith(word)), "")
    return f"{at}/metadata/{rest[len(word) :]}"


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
    return isinstance(metadata, dict) and _is_past(metadata.get("deletion_time"), now)


def _is_past(when: Json, now: datetime) -> bool:
    if not isinstance(when, str) or not when:
        return False
    try:
        return datetime.fromisoformat(when) <= now
    except (ValueError, TypeError):
        return False  # as the existing agent: a time that nobody can read deletes nothing


def to_answer(
    body: Mapping[str, Json], document: Mapping[str, Json], mount: Mount | None, *, versioned: bool
) -> Answer:
    """Separate a secret's own fields from what Vault says about it.

    Args:
        body: The whole answer.
        document: Its ``data``.
        mount: Where it came from; None where Vault would not say.
        versioned: Whether it is data and metadata of a KV version 2 secret.

    """
    inner = document.get("data")
    fields = inner if versioned and isinstance(inner, dict) else document
    kind: Kind = "kv2" if versioned or (mount is not None and mount.versioned) else _kind(mount)
    return Answer(body, document, fields, kind, warnings_in(body))


def without_version(answer: Answer, place: str, mount: Mount | None) -> Answer:
    """Warn of an answer for which a version was asked of KV version 1, which ignores that, as the existing agent does.

    Args:
        answer: The answer.
        place: What was asked for.
        mount: Where.

    """
    if mount is None or not mount.kv or mount.versioned:
        return answer
    return replace(answer, warnings=(f"{place}: the version is ignored, as {mount.path} keeps none", *answer.warnings))


def current_version(metadata: Mapping[str, Json], now: datetime) -> int | None:
    """Return the newest version of a KV version 2 secret; None where it is deleted or destroyed, or there is none.

    Args:
        metadata: What ``metadata/PATH`` answers.
        now: The time, aware; a deletion may be set for later.

    """
    newest, versions = metadata.get("current_version"), metadata.get("versions")
    if not isinstance(newest, Number) or not newest.text.isdigit() or not isinstance(versions, dict):
        return None
    state = versions.get(newest.text)
    if not isinstance(state, dict) or state.get("destroyed") is True or _is_past(state.get("deletion_time"), now):
        return None
    return int(newest.text)


def _kind(mount: Mount | None) -> Kind:
    return "kv1" if mount is not None and mount.kv else "other"
