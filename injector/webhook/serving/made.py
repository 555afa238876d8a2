"""The source of the serving certificate that the flags ask for."""

from __future__ import annotations

import ssl
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from injector.errors import ServingError
from injector.webhook.serving.authority import Lifetimes
from injector.webhook.serving.source import Files, Shared
from sealer.serving.switch import Switch, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.webhook.serving.source import Source
    from injector.webhook.serving.wishes import Wishes

PROGRAM: Final = "sealer-injector"
_VERSIONS: Final = {
    "tls10": ssl.TLSVersion.TLSv1_2,
    "tls11": ssl.TLSVersion.TLSv1_2,
    "tls12": ssl.TLSVersion.TLSv1_2,
    "tls13": ssl.TLSVersion.TLSv1_3,
}


def make_source(wishes: Wishes, environ: Mapping[str, str]) -> Source:
    """Return where the certificate comes from.

    Raises:
        ServingError: The flags do not fit together.
        ConfigError: A cluster is needed, and there are no credentials for one.

    """
    files = (wishes.certificate, wishes.key)
    if wishes.configurations and any(files):
        raise ServingError("--tls-auto cannot be combined with --tls-cert-file and --tls-key-file")
    if wishes.configurations and not wishes.hosts:
        raise ServingError("--tls-auto needs --tls-auto-hosts")
    switch = Switch(Terms(_VERSIONS[wishes.least], wishes.ciphers))
    if wishes.configurations:
        return _shared(wishes, switch, environ)
    if wishes.certificate is None or wishes.key is None:
        raise ServingError(
            "no certificate to serve with",
            hint="give --tls-cert-file and --tls-key-file, or --tls-auto and --tls-auto-hosts",
        )
    return Files(switch, wishes.certificate, wishes.key)


def _shared(wishes: Wishes, switch: Switch, environ: Mapping[str, str]) -> Shared:
    # Late: whoever serves files needs no cluster, and nothing of what talks to one.
    from injector.webhook.serving.keeper import Keeper, Place  # noqa: PLC0415
    from sealer.apiserver.client import Client  # noqa: PLC0415
    from sealer.apiserver.credentials import load_credentials, own_namespace  # noqa: PLC0415
    from sealer.apiserver.lease import Election, identity, steady_clock, utc_now  # noqa: PLC0415

    credentials, namespace = load_credentials(environ), own_namespace(environ)
    objects, leases = Client(credentials, PROGRAM), Client(credentials, PROGRAM)
    election = Election(leases, namespace, wishes.lease, identity(environ), lead=_nothing, follow=_nothing)
    place = Place(namespace, wishes.secret, wishes.configurations, wishes.hosts)
    # Shorter lives settle in proportion, as renewals would otherwise overtake each other.
    lifetimes = Lifetimes(wishes.validity, wishes.ca_validity, min(timedelta(seconds=30), wishes.validity / 10))
    every = min(5.0, wishes.validity.total_seconds() / 20)
    keeper = Keeper(objects, place, election, switch, utc_now, steady_clock, lifetimes, every)
    return Shared(switch, (objects, leases), election, keeper)


def _nothing() -> None:
    """The keeper asks before each write whether we lead: there is nothing to begin or to stop."""
