"""The server that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.http.app import Facts, Policy, make_app
from controller.http.authentication import Authenticator
from controller.http.connections import Times
from controller.http.limits import Rate
from controller.http.observed import Observe, observe_nothing
from controller.http.server import Server
from controller.http.tls import ServingCertificate

if TYPE_CHECKING:
    from controller.http.authentication import Reviews
    from controller.settings import Settings

_HEADERS_WITHIN = Times().headers


def make_server(settings: Settings, facts: Facts, reviews: Reviews, observe: Observe = observe_nothing) -> Server:
    """Return the server.

    Args:
        settings: What was asked for.
        facts: What it needs to know of the rest.
        reviews: The API server, asked who callers are where that was asked for.
        observe: Who is told of each answer.

    Raises:
        ConfigError: The serving certificate cannot be used.

    """
    policy = Policy(
        rate=Rate(settings.rate_limit, settings.rate_limit_burst),
        body_seconds=settings.read_timeout.total_seconds(),
        authenticator=Authenticator(reviews) if settings.authenticate else None,
        observe=observe,
    )
    times = Times(headers=min(_HEADERS_WITHIN, policy.body_seconds), write=settings.write_timeout.total_seconds())
    tls = ServingCertificate.of(settings.tls_cert_file, settings.tls_key_file)
    return Server(make_app(facts, policy), tls, times)
