"""From a generator and the stored secrets to the Secret (pure)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Final

from injector.kustomize.errors import GeneratorError
from injector.kustomize.generator import KIND, Generator, Item
from injector.providers import Json, Number, StoredSecret
from sealer.errors import InputError
from sealer.manifest import Secret
from sealer.secret_types import check_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_MOST_BYTES: Final = 1 << 20  # https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size
_ANNOTATIONS: Final = "kustomize.config.k8s.io/"


def build(generator: Generator, stored: Mapping[str, StoredSecret]) -> Secret:
    """Make the Secret.

    Args:
        generator: What is wanted.
        stored: Each path of the generator's items, and what the store holds there.

    Raises:
        GeneratorError: A field is missing or no base64, two items have one key, a key is none, or the Secret is too
            large or lacks what its type requires; the message names generator, item and path.

    """
    data: dict[str, bytes] = {}
    for item in generator.items:
        for key, value in _values(item, stored[item.path], generator):
            if key in data:
                raise _error(generator, item, f"there is an item {key} already", hint="give one of them another key")
            if not _KEY.fullmatch(key) or key in {".", ".."}:
                hint = "letters, digits, -, _ and . only; give a key and a field"
                raise _error(generator, item, f'"{key}" cannot be an item key', hint=hint)
            data[key] = value
    secret = Secret(
        namespace=generator.namespace,
        name=generator.name,
        data=data,
        # As kustomize's own generator has it. In a merge too kustomize takes the type from here, and not from the base.
        type=generator.type or "Opaque",
        immutable=generator.immutable,
        metadata=_metadata(generator),
    )
    _check(generator, secret)
    return secret


def _values(item: Item, stored: StoredSecret, generator: Generator) -> Iterator[tuple[str, bytes]]:
    if item.field is None:
        if not stored.fields:
            raise _error(generator, item, "the secret has no field")
        for name in sorted(stored.fields):
            yield name, _text(stored.fields[name]).encode()
        return
    if item.field not in stored.fields:
        hint = f"it has: {', '.join(sorted(stored.fields)) or 'none'}"
        raise _error(generator, item, f"the secret has no field {item.field}", hint=hint)
    text = _text(stored.fields[item.field])
    yield item.key or item.field, _decoded(text, item, generator) if item.base64 else text.encode()


def _text(value: Json) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Json) -> str:
    """Encode a field that is no string: compact, keys sorted, numbers as they came, so that a build can be repeated."""
    match value:
        case Number():
            return value.text
        case list():
            return f"[{','.join(_json(item) for item in value)}]"
        case dict():
            return "{" + ",".join(f"{_json(key)}:{_json(value[key])}" for key in sorted(value)) + "}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _decoded(text: str, item: Item, generator: Generator) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        # `from None`: nothing about a value that may be the plaintext itself.
        raise _error(generator, item, f"the field {item.field} is not base64") from None


def _metadata(generator: Generator) -> dict[str, dict[str, str]]:
    annotations = dict(generator.annotations)
    if generator.hash_suffix:
        annotations[_ANNOTATIONS + "needs-hash"] = "true"
    if generator.behavior is not None:
        annotations[_ANNOTATIONS + "behavior"] = generator.behavior
    parts = {"labels": dict(generator.labels), "annotations": annotations}
    return {name: part for name, part in parts.items() if part}


def _check(generator: Generator, secret: Secret) -> None:
    size = sum(len(value) for value in secret.data.values())
    if size > _MOST_BYTES:
        raise GeneratorError(f"{KIND} {generator.name}: {size} bytes are more than the 1 MiB that a Secret may hold")
    if generator.behavior == "merge":
        return  # the rest of what the type requires is in the Secret that it is merged into
    try:
        check_type(secret)
    except InputError as error:
        raise GeneratorError(f"{KIND} {generator.name}: {error.message}", hint="add it to spec.data") from error


def _error(generator: Generator, item: Item, problem: str, *, hint: str | None = None) -> GeneratorError:
    return GeneratorError(f"{KIND} {generator.name}: {item}: {problem}", hint=hint)
