"""Seal: a Secret and a recipient become a SealedSecret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sealer import wire
from sealer.errors import InputError
from sealer.manifest import (
    SEALED_FOR_ANNOTATION,
    SEALED_WITH_ANNOTATION,
    SealedSecret,
    Secret,
    Template,
    strip_server_fields,
)
from sealer.scope import Scope, label_for, with_scope
from sealer.secret_types import check_type, may_be_empty
from sealer.wire.rsa import hybrid_encrypt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.certificate import Recipient

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and the Secret validation of the API server.
_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_OBJECT_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAMESPACE: Final = re.compile(_LABEL)
_ITEM_KEY: Final = re.compile(r"[-._a-zA-Z0-9]+")
_LONGEST_NAME: Final = 253
_LONGEST_NAMESPACE: Final = 63
_MOST_BYTES: Final = 1024 * 1024


def seal(secret: Secret, recipient: Recipient, scope: Scope) -> SealedSecret:
    """Seal every item of a Secret.

    The SealedSecret gets two hints as annotations: the fingerprint of the key, and what it was sealed for. They are
    public, save tries and explain moves, and are never trusted.

    Args:
        secret: What to seal; its namespace must be known unless the scope is cluster-wide.
        recipient: Whom to seal to.
        scope: What to bind the values to, whatever the Secret's own annotations say.

    Raises:
        InputError: The namespace is missing.

    """
    namespace = _namespace(secret, scope)
    label = label_for(scope, namespace, secret.name)
    annotations = {
        SEALED_FOR_ANNOTATION: sealed_for(scope, namespace, secret.name),
        SEALED_WITH_ANNOTATION: recipient.fingerprint,
    }
    return SealedSecret(
        namespace=namespace,
        name=secret.name,
        encrypted_data={
            key: wire.encode(hybrid_encrypt(recipient.public_key, value, label)) for key, value in secret.data.items()
        },
        template=_template(secret, namespace, scope),
        metadata={"annotations": with_scope(annotations, scope)},
    )


def seal_value(plaintext: bytes, recipient: Recipient, *, scope: Scope, namespace: str, name: str) -> str:
    """Seal one value, for pasting into a SealedSecret.

    Args:
        plaintext: The value.
        recipient: Whom to seal to.
        scope: What to bind it to.
        namespace: Used unless cluster-wide.
        name: Used when strict.

    """
    return wire.encode(hybrid_encrypt(recipient.public_key, plaintext, label_for(scope, namespace, name)))


def sealed_for(scope: Scope, namespace: str, name: str) -> str:
    """Return the text of the `sealer.dev/sealed-for` hint: ``SCOPE:NAMESPACE/NAME``."""
    return f"{scope}:{namespace}/{name}"


def check_sealable(secret: Secret, *, allow_empty_data: bool = False, allow_incomplete_type: bool = False) -> None:
    """Check what the API server would refuse later, when the plaintext is no longer at hand to mend it.

    Args:
        secret: What is about to be sealed.
        allow_empty_data: Go on without items.
        allow_incomplete_type: Go on without what the type requires.

    Raises:
        InputError: Names, keys, sizes, items or type are not those of a Secret that can exist.

    """
    check_names(secret.name, secret.namespace)
    for key in secret.data:
        check_item_key(secret.name, key)
    if not secret.data and not allow_empty_data and not may_be_empty(secret):
        raise InputError(f"Secret {secret.name} has no items", hint="is that meant? then use --allow-empty-data")
    check_size(f"Secret {secret.name}", sum(map(len, secret.data.values())))
    if not allow_incomplete_type:
        check_type(secret)


def check_item_key(name: str, key: str) -> None:
    """Check that `key` can be an item of the Secret `name`.

    Raises:
        InputError: It cannot.

    """
    if not _ITEM_KEY.fullmatch(key) or len(key) > _LONGEST_NAME or key == "." or key.startswith(".."):
        raise InputError(
            f"Secret {name}: {key!r} is not a valid item key",
            hint="use letters, digits, -, _ and . (at most 253, and not .. at the beginning)",
        )


def check_size(what: str, size: int) -> None:
    """Check that `size` bytes of plaintext fit into one Secret.

    Raises:
        InputError: They do not.

    """
    if size > _MOST_BYTES:
        raise InputError(
            f"{what} holds {size} bytes, more than the {_MOST_BYTES} that Kubernetes allows",
            hint="split it, or keep it elsewhere",
        )


def check_names(name: str, namespace: str | None) -> None:
    """Check that a name and a namespace can exist in a cluster.

    Raises:
        InputError: One cannot.

    """
    hint = "use lower-case letters, digits and -, and begin and end with a letter or digit"
    if not _OBJECT_NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise InputError(f"{name!r} is not a valid name for a Secret", hint=hint)
    if namespace is not None and (not _NAMESPACE.fullmatch(namespace) or len(namespace) > _LONGEST_NAMESPACE):
        raise InputError(f"{namespace!r} is not a valid namespace", hint=hint)


def _namespace(secret: Secret, scope: Scope) -> str:
    if not secret.namespace and scope is not Scope.CLUSTER_WIDE:
        raise InputError(f"Secret {secret.name} has no namespace", hint="give one with --namespace")
    return secret.namespace or ""


def _template(secret: Secret, namespace: str, scope: Scope) -> Template:
    kept = strip_server_fields(secret.metadata)
    annotations = with_scope(kept.pop("annotations", {}), scope)
    identity: Mapping[str, str] = {"name": secret.name} | ({"namespace": namespace} if namespace else {})
    metadata = {**identity, **kept, **({"annotations": annotations} if annotations else {})}
    return Template(metadata=metadata, type=secret.type, immutable=secret.immutable)
