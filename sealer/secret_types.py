"""The Secret types of Kubernetes and the item keys that each must have.

https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.manifest import Secret

SERVICE_ACCOUNT_TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105  # the name of a Secret type
_ACCOUNT_ANNOTATION: Final = "kubernetes.io/service-account.name"

_SSH_AUTH: Final = "kubernetes.io/ssh-auth"
_SSH_KEY: Final = "ssh-privatekey"

_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    _SSH_AUTH: (_SSH_KEY,),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "bootstrap.kubernetes.io/token": ("token-id", "token-secret"),
}
_BASIC_AUTH: Final = "kubernetes.io/basic-auth"
_JSON_ITEMS: Final = frozenset({".dockercfg", ".dockerconfigjson"})


def check_type(secret: Secret) -> None:
    """Check that a Secret has what its type requires, as the API server would when the Secret is made.

    Args:
        secret: Any Secret; types that are not Kubernetes' own are the user's business and always pass.

    Raises:
        InputError: An item key or annotation that the type requires is missing, or an item is not the JSON object that
            it must be.

    """
    kind = secret.type or "Opaque"
    missing = [key for key in _REQUIRED.get(kind, ()) if key not in secret.data]
    if missing:
        raise _incomplete(secret, f"the required {_items(missing)}")
    if kind == _SSH_AUTH and not secret.data[_SSH_KEY]:
        raise _incomplete(secret, f"a value of the item {_SSH_KEY}, which must not be empty")
    if kind == _BASIC_AUTH and not {"username", "password"} & secret.data.keys():
        raise _incomplete(secret, "both username and password, of which it requires one")
    if kind == SERVICE_ACCOUNT_TOKEN and not secret.annotations.get(_ACCOUNT_ANNOTATION):
        raise _incomplete(secret, f"the annotation {_ACCOUNT_ANNOTATION}")
    for key in _JSON_ITEMS.intersection(_REQUIRED.get(kind, ())):
        _check_json(secret, key)


def may_be_empty(secret: Secret) -> bool:
    """Say whether a Secret without items may be meant: the cluster fills in a service-account token itself."""
    return secret.type == SERVICE_ACCOUNT_TOKEN


def _items(keys: list[str]) -> str:
    return f"item{'s' if len(keys) > 1 else ''} {', '.join(keys)}"


def _incomplete(secret: Secret, what: str) -> InputError:
    return InputError(
        f"Secret {secret.name} of type {secret.type} lacks {what}",
        hint="add it, or go on with --allow-incomplete-type; the API server may refuse the Secret",
    )


def _check_json(secret: Secret, key: str) -> None:
    try:
        fits = isinstance(json.loads(secret.data[key].decode()), dict)
    except (ValueError, RecursionError):
        fits = False
    if not fits:  # raised here and not above: the parser's error would carry the whole item
        raise InputError(
            f"Secret {secret.name} of type {secret.type}: the item {key} is not a JSON object",
            hint="fix it, or go on with --allow-incomplete-type; the API server will refuse the Secret",
        )
