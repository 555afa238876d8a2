"""What a MutatingWebhookConfiguration must hold for the API server to trust us: pure."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.wire import JsonObject


def bundle_patch(configuration: JsonObject, bundle: bytes) -> list[dict[str, Any]]:
    """Make the JSON Patch that registers CAs on every webhook entry (the existing injector does so on the first only).

    Each change is guarded by a test of the entry's name, as entries are named by index: were they reordered meanwhile,
    the API server refuses the patch instead of changing another webhook.

    Args:
        configuration: The MutatingWebhookConfiguration as it is.
        bundle: PEM of the CAs.

    Returns:
        The operations; none if everything is registered as it should be.

    """
    return [one for index, webhook in enumerate(_entries(configuration)) for one in _operations(index, webhook, bundle)]


def is_registered(configuration: JsonObject, bundle: bytes) -> bool:
    """Return whether there are webhook entries, and all of them carry exactly these CAs."""
    return bool(_entries(configuration)) and not bundle_patch(configuration, bundle)


def _operations(index: int, webhook: JsonObject, bundle: bytes) -> Iterator[dict[str, Any]]:
    wanted = base64.b64encode(bundle).decode()
    if wanted != (webhook.get("clientConfig") or {}).get("caBundle"):
        path = f"/webhooks/{index}"
        yield {"op": "test", "path": f"{path}/name", "value": webhook["name"]}
        yield {"op": "add", "path": f"{path}/clientConfig/caBundle", "value": wanted}


def _entries(configuration: JsonObject) -> list[JsonObject]:
    entries: list[JsonObject] = configuration.get("webhooks") or []
    return entries
