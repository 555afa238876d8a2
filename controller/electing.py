"""The election of the replica that writes, made from the settings (docs/explanation/high-availability.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealer.apiserver.election import Timing
from sealer.apiserver.lease import Election

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.settings import Settings
    from sealer.apiserver.lease import Leases


def make_election(
    settings: Settings, identity: str, objects: Leases, *, lead: Callable[[], object], follow: Callable[[], object]
) -> Election:
    """Return the election that the settings ask for.

    Args:
        settings: Where the Lease is, and how long to wait for what.
        identity: Which replica we are.
        objects: The API server, over connections of the election's own.
        lead: Called when we begin to lead.
        follow: Called when we no longer do.

    Raises:
        ConfigError: The times do not fit together.

    """
    timing = Timing(
        lease_duration=settings.lease_duration.total_seconds(),
        renew_deadline=settings.renew_deadline.total_seconds(),
        retry_period=settings.retry_period.total_seconds(),
    )
    return Election(objects, settings.namespace, settings.lease_name, identity, lead=lead, follow=follow, timing=timing)
