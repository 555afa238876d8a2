"""JSON Patch (RFC 6902) on decoded JSON: parsed strictly, applied to a copy, all of it or nothing."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from injector.errors import JsonPatchError

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["add", "remove", "replace", "move", "copy", "test"]
Pointer = tuple[str, ...]

_KINDS: Final = frozenset({"add", "remove", "replace", "move", "copy", "test"})
_WITH_VALUE: Final = frozenset({"add", "replace", "test"})
_WITH_FROM: Final = frozenset({"move", "copy"})
# RFC 6901, section 3: "~" only as "~0" or "~1"; section 4: an index has no leading zero.
_POINTER: Final = re.compile(r"(/([^/~]|~[01])*)*")
# Each copy of the whole into itself doubles it: a few dozen would fill the memory. No container is this large.
_COPIED: Final = 10_000
# Far deeper than any container; what is deeper could be neither copied nor written out again.
_DEEPEST: Final = 100
_TOO_DEEP: Final = f"it is nested deeper than {_DEEPEST} levels"
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Change:
    """One operation; `source` is the pointer of ``from``, and `value` is there for the kinds that have one."""

    kind: Kind
    path: Pointer
    source: Pointer = ()
    value: Any = field(default=None, repr=False)


def parse(text: str) -> tuple[Change, ...]:
    """Read a JSON Patch. ``null`` is an empty one, as the existing injector reads it.

    Raises:
        JsonPatchError: It is none; the message says which operation is wrong, and quotes nothing of it.

    """
    import orjson  # noqa: PLC0415  # flags are read by the same readers as annotations, and --help is to be quick

    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        # Not chained: the decoder's error carries the document.
        raise JsonPatchError("it is not JSON") from None
    if document is None:
        return ()
    if not isinstance(document, list):
        raise JsonPatchError("it is not a list of operations")
    if _is_deeper(document, _DEEPEST):
        raise JsonPatchError(_TOO_DEEP)
    return tuple(_change(number, item) for number, item in enumerate(document, 1))


def apply(document: object, patch: Iterable[Change]) -> object:
    """Apply a patch.

    Returns:
        What becomes of the document, which itself stays as it is.

    Raises:
        JsonPatchError: An operation's target is not there, or a test fails; the message says which.

    """
    result, copied = copy.deepcopy(document), 0
    for number, change in enumerate(patch, 1):
        try:
            copied += _copied(result, change, _COPIED - copied)
            result = _apply(result, change)
        except JsonPatchError as error:
            raise JsonPatchError(f"operation {number}, {change.kind} {_shown(change.path)}: {error.message}") from error
    if _is_deeper(result, _DEEPEST):
        raise JsonPatchError(_TOO_DEEP)
    return result


def _change(number: int, item: object) -> Change:
    if not isinstance(item, dict):
        raise JsonPatchError(f"operation {number} is not an object")
    kind, path, source = item.get("op"), item.get("path"), item.get("from", "")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise JsonPatchError(f"operation {number} has no op of {', '.join(sorted(_KINDS))}")
    if (kind in _WITH_VALUE and "value" not in item) or (kind in _WITH_FROM and "from" not in item):
        raise JsonPatchError(f"operation {number} has no {'value' if kind in _WITH_VALUE else 'from'}")
    if not all(isinstance(pointer, str) and _POINTER.fullmatch(pointer) for pointer in (path, source)):
        raise JsonPatchError(f"operation {number} has no path that is a JSON Pointer")
    return Change(cast("Kind", kind), _pointer(cast("str", path)), _pointer(source), item.get("value"))


def _pointer(text: str) -> Pointer:
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in text.split("/")[1:])


def _apply(document: object, change: Change) -> object:
    match change.kind:
        case "test":
            if not _equal(_get(document, change.path), change.value):
                raise JsonPatchError("the value there is another")
            return document
        case "add":
            return _add(document, change.path, copy.deepcopy(change.value))
        case "remove":
            return _remove(document, change.path)
        case "replace":
            return _add(_remove(document, change.path), change.path, copy.deepcopy(change.value))
        case "copy":
            return _add(document, change.path, copy.deepcopy(_get(document, change.source)))
        case "move":
            return _move(document, change)


def _move(document: object, change: Change) -> object:
    if change.path != change.source and change.path[: len(change.source)] == change.source:
        raise JsonPatchError("it would be moved into itself")
    moved = _get(document, change.source)
    return _add(_remove(document, change.source), change.path, moved)


def _get(document: object, path: Pointer) -> object:
    for name in path:
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list):
            document = document[_index(name, len(document) - 1)]
        else:
            raise JsonPatchError(f'there is no "{name}"')
    return document


def _add(document: object, path: Pointer, value: object) -> object:
    if not path:
        return value
    parent, name = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[name] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if name == "-" else _index(name, len(parent)), value)
    else:
        raise JsonPatchError("what it would be in is neither an object nor a list")
    return document


def _remove(document: object, path: Pointer) -> object:
    if not path:
        return None
    _get(document, path)
    parent, name = _get(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        del parent[int(name)]
    else:
        del cast("dict[str, Any]", parent)[name]
    return document


def _copied(document: object, change: Change, allowed: int) -> int:
    if change.kind != "copy":
        return 0
    source = _get(document, change.source)
    if _is_deeper(source, _DEEPEST):  # moves can nest what was flat
        raise JsonPatchError(_TOO_DEEP)
    count = _count(source)
    if count > allowed:
        raise JsonPatchError("too much is copied")
    return count


def _count(value: object) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_count, items))


def _is_deeper(value: object, levels: int) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(items) and (levels == 0 or any(_is_deeper(item, levels - 1) for item in items))


def _index(name: str, last: int) -> int:
    if not _INDEX.fullmatch(name) or int(name) > last:
        raise JsonPatchError(f'there is no index "{name}"')
    return int(name)


def _equal(one: object, other: object) -> bool:
    # Python's True is 1, JSON's is not (RFC 6902, 4.6).
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    return one == other


def _shown(path: Pointer) -> str:
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path) or '""'
