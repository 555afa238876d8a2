"""Everything that reading from Vault raises on purpose.

::

    VaultError (ServiceError)
    ├── VaultUnreachableError     no answer: name, network, proxy
    ├── VaultUnavailableError     an answer that says "not now": sealed, standby, overloaded
    ├── UntrustedServerError      TLS does not hold
    ├── LoginError                Vault refuses the login
    ├── PermissionDeniedError     the policies of the token do not allow it
    ├── InvalidTokenError         the token is not, or no longer, valid
    ├── SecretNotFoundError       there is nothing at the path
    ├── VaultRequestError         a request that Vault does not understand, an answer that we do not
    ├── InvalidReferenceError     (InputError) a reference to a secret that is not one
    └── VaultSettingsError        (InputError) an address, file or environment variable that cannot be used

Messages name paths, roles, mounts and addresses; never a token, a credential or a value.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from sealer.errors import InputError, ServiceError


class Patience(Enum):
    """How long it is worth to try again after an error.

    ``LONG``: the fault heals by itself (network, start of Vault, unsealing). ``SHORT``: it is nearly always for good,
    but what it complains of may be just on its way: a pod, its role, its policy and its secret are often applied
    together, and a standby node learns of new tokens and policies a little later. ``NONE``: the same request gets the
    same answer.
    """

    LONG = "long"
    SHORT = "short"
    NONE = "none"


class VaultError(ServiceError):
    """The root of Vault's errors."""

    patience: ClassVar[Patience] = Patience.NONE


class VaultUnreachableError(VaultError):
    """Vault gives no answer."""

    patience = Patience.LONG


class VaultUnavailableError(VaultError):
    """Vault answers that it cannot answer now."""

    patience = Patience.LONG


class UntrustedServerError(VaultError):
    """The server at Vault's address does not prove that it is Vault."""

    patience = Patience.SHORT


class LoginError(VaultError):
    """Vault refuses the login."""

    patience = Patience.SHORT


class PermissionDeniedError(VaultError):
    """The token's policies do not allow the request."""

    patience = Patience.SHORT


class InvalidTokenError(VaultError):
    """The token is unknown to Vault: wrong, expired or revoked."""

    patience = Patience.SHORT


class SecretNotFoundError(VaultError):
    """No secret exists at a path."""

    patience = Patience.SHORT


class VaultRequestError(VaultError):
    """Vault does not understand the request, or its answer is not one of Vault's."""


class InvalidReferenceError(InputError, VaultError):
    """The text is no reference to a secret."""


class VaultSettingsError(InputError, VaultError):
    """A setting of the connection cannot be used."""
