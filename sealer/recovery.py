"""Sealing keys from files: a PEM key, key Secrets, or a backup that is a List of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sealer import documents
from sealer.errors import CertificateError, InputError
from sealer.keyring import Keyring, SealingKey
from sealer.manifest import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KEY_ITEM: Final = "tls.key"
_CERTIFICATE_ITEM: Final = "tls.crt"
# At the beginning of a line: in a manifest, the PEM text of an item is indented.
_PEM: Final = re.compile(rb"^-----BEGIN ", re.MULTILINE)
_PRIVATE_KEY: Final = re.compile(
    rb"^-----BEGIN ([A-Z ]*PRIVATE KEY)-----$.*?^-----END \1-----$", re.MULTILINE | re.DOTALL
)


def read_keyring(files: Iterable[tuple[str, bytes]]) -> Keyring:
    """Return the keys of files.

    Args:
        files: Name, for messages, and content of each.

    Raises:
        CertificateError: A file holds no usable key.
        InputError: A file does not parse.

    """
    return Keyring.of([key for name, data in files for key in _keys(name, data)])


def _keys(name: str, data: bytes) -> Iterator[SealingKey]:
    if _PEM.search(data):
        yield from _pem_keys(name, data.replace(b"\r\n", b"\n"))
        return
    secrets = list(_key_secrets(name, data))
    if not secrets:
        raise CertificateError(f"{name}: there is no key Secret in it", hint="expected a Secret with the item tls.key")
    for secret in secrets:
        yield _named(f"{name}, Secret {secret.name}", secret.data[_KEY_ITEM], secret.data.get(_CERTIFICATE_ITEM))


def _pem_keys(name: str, data: bytes) -> Iterator[SealingKey]:
    """Yield every private key of a PEM file; a certificate beside a single one is its own."""
    private = [found.group() for found in _PRIVATE_KEY.finditer(data)]
    if len(private) > 1:
        yield from (_named(f"{name}, key {number}", pem, None) for number, pem in enumerate(private, start=1))
        return
    yield _named(name, data, data if b"-----BEGIN CERTIFICATE-----" in data else None)


def _named(name: str, private_pem: bytes, certificate_pem: bytes | None) -> SealingKey:
    try:
        return SealingKey.from_pem(private_pem, certificate_pem)
    except CertificateError as error:
        raise CertificateError(f"{name}: {error.message}", hint=error.hint) from error


def _key_secrets(name: str, data: bytes) -> Iterator[Secret]:
    for document in documents.read(data, name):
        value = document.value
        items = value.get("items") if isinstance(value, dict) else None
        for item in items if isinstance(items, list) else [value]:
            # A typed client writes a list's items without kind and apiVersion (reference, sealed-secrets 5.2).
            manifest = {"apiVersion": "v1", "kind": "Secret"} | item if isinstance(item, dict) else item
            try:
                secret = Secret.from_manifest(manifest)
            except InputError as error:
                raise InputError(f"{document.origin}: {error.message}", hint=error.hint) from error
            if _KEY_ITEM not in secret.data:
                raise CertificateError(f"{name}: the Secret {secret.name} has no item {_KEY_ITEM}")
            yield secret
