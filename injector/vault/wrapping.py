"""Response wrapping: answers that Vault keeps for who shows a token.

https://developer.hashicorp.com/vault/docs/concepts/response-wrapping
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from injector.vault import answers, faults
from injector.vault.door import open_adapter
from injector.vault.errors import InvalidTokenError, LoginError, PermissionDeniedError, VaultRequestError
from injector.vault.places import url_of

if TYPE_CHECKING:
    from injector.vault.answers import Answer
    from injector.vault.door import Door
    from injector.vault.transport import Reply
    from injector.vault.verbatim import Json


def unwrap(door: Door, token: str) -> Answer:
    """Return the answer that a wrapping token stands for; it can be had once.

    Raises:
        VaultRequestError: The token was used before, has ended, or is none.
        VaultError: Vault cannot be reached, or cannot answer now.

    """
    body = _asked("unwrap", door, token)
    answer = body if isinstance(body, dict) else {}
    # A wrapped login has no data, but a token.
    data = answers.data_in(answer, door.connection.address) if "data" in answer else None
    return answers.Answer(answer, data or {}, data or {}, "other", answers.warnings_in(answer))


def unwrap_secret_id(door: Door, token: str, creation_path: str) -> str:
    """Unwrap a secret id that was made at `creation_path`, and nothing else: a token may have been exchanged.

    Raises:
        LoginError: The token was used, or stands for something else.
        VaultError: Vault cannot be reached, or cannot answer now.

    """
    try:
        looked_up = answers.data_in(_asked("look up", door, token), door.connection.address) or {}
        made_at = looked_up.get("creation_path")
        if made_at != creation_path:
            raise LoginError(
                f"the wrapped secret id was made at {made_at}, and not at {creation_path}",
                hint="somebody may have exchanged it: make a new one, and find out who",
            )
        secret_id = unwrap(door, token).document.get("secret_id")
    except (VaultRequestError, PermissionDeniedError, InvalidTokenError) as error:
        raise LoginError(
            "the wrapped secret id cannot be unwrapped: its token is not valid",
            hint="it was used before, or has ended; if you did not use it, somebody else has the secret id",
        ) from error
    if not isinstance(secret_id, str) or not secret_id:
        raise LoginError("what was unwrapped holds no secret id")
    return secret_id


def _asked(action: faults.Action, door: Door, token: str) -> Json:
    # The wrapping token itself asks: whoever holds it needs no other right.
    holding = open_adapter(door.connection, door.transport, door.tokens.namespace)
    holding.token = token
    path = f"sys/wrapping/{'unwrap' if action == 'unwrap' else 'lookup'}"
    reply: Reply = holding.post(url_of(path), json={})
    body = answers.body_of(reply.content)
    if reply.status_code != HTTPStatus.OK:
        refusal = faults.refusal_of(reply, body, (token,), door.connection.address)
        raise faults.refused(refusal, faults.Asked(action, "a wrapped answer", path), "the wrapping token")
    return body
