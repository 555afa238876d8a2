"""What each login sends to Vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.vault.auth import AppRoleAuth, AwsAuth, CertAuth
from injector.vault.credentials import WrappedCredential

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from injector.vault.auth import Login

# Of a login's body: names that a person may see. Everything else is a credential.
_PLAIN = frozenset({"role", "name", "iam_http_request_method"})


def body_of_login(auth: Login, unwrap: Callable[[str, str], str], now: datetime) -> dict[str, str]:
    """Return what is sent; credentials are read now.

    Args:
        auth: The login.
        unwrap: From a wrapping token, and the path where its content was made, to the content.
        now: The time, UTC.

    Raises:
        LoginError: A credential cannot be had.

    """
    match auth:
        case AppRoleAuth():
            secret_id = auth.secret_id
            if secret_id is None:
                return {"role_id": auth.role_id.read()}
            read = secret_id.read(unwrap) if isinstance(secret_id, WrappedCredential) else secret_id.read()
            return {"role_id": auth.role_id.read(), "secret_id": read}
        case CertAuth():
            return {"name": auth.name} if auth.name else {}
        case AwsAuth():
            # Imported here: few log in by AWS.
            from injector.vault.aws.login import login_body  # noqa: PLC0415  # see above

            return login_body(auth.role, auth.region, auth.header_value, auth.credentials.read(), now)
        case _:
            return {"role": auth.role, "jwt": auth.token.read()}


def credentials_in(body: dict[str, str]) -> list[str]:
    """Return the values of a login's body that nobody may see."""
    return [value for name, value in body.items() if name not in _PLAIN]
