"""What a MutatingWebhookConfiguration must hold for the API server to trust this process: pure."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from injector.errors import RegistrationError
from injector.webhook import certificates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from injector.webhook.wire import JsonObject


def ca_bundle_patch(configuration: JsonObject, ca: bytes, now: datetime) -> list[dict[str, Any]]:
    """Make the JSON Patch that registers a CA on every webhook entry (the existing injector does so on the first only).

    Each change is guarded by a test of the entry's name, as entries are named by index: were they reordered meanwhile,
    the API server refuses the patch instead of changing another webhook.

    Args:
        configuration: The MutatingWebhookConfiguration as it is.
        ca: PEM of this process' CA.
        now: The time, for leaving out registered CAs that have expired.

    Returns:
        The operations; none if everything is registered as it should be.

    Raises:
        RegistrationError: The configuration has no webhooks.

    """
    webhooks = configuration.get("webhooks") or []
    if not webhooks:
        raise RegistrationError("the MutatingWebhookConfiguration has no webhooks")
    return [operation for index, webhook in enumerate(webhooks) for operation in _entry(index, webhook, ca, now)]


def _entry(index: int, webhook: JsonObject, ca: bytes, now: datetime) -> Iterator[dict[str, Any]]:
    current = (webhook.get("clientConfig") or {}).get("caBundle") or ""
    wanted = base64.b64encode(certificates.bundle(ca, _decoded(current), now)).decode()
    if wanted != current:
        path = f"/webhooks/{index}"
        yield {"op": "test", "path": f"{path}/name", "value": webhook["name"]}
        yield {"op": "add", "path": f"{path}/clientConfig/caBundle", "value": wanted}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""
