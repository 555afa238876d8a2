"""Sessions with the API server: TLS and authorization, the same for our own client and for kopf."""

from __future__ import annotations

import os
import ssl
import sys
from typing import TYPE_CHECKING

import aiohttp

from sealer import __version__
from sealer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealer.apiserver.credentials import Credentials, Token


def open_session(credentials: Credentials, program: str, *, connections: int, agent: str = "") -> aiohttp.ClientSession:
    """Return a session of the running loop that keeps its connections alive.

    Args:
        credentials: Who we are.
        program: What we are, for the User-Agent.
        connections: At most this many at a time; 0 for no limit, as watches need.
        agent: The User-Agent; the program and its version by default.

    """
    connector = aiohttp.TCPConnector(limit=connections, ssl=tls_context(credentials), keepalive_timeout=60)
    return aiohttp.ClientSession(
        connector=connector,
        headers={"User-Agent": agent or f"{program}/{__version__}", "Accept": "application/json"},
        middlewares=(_authorize(credentials.token),) if credentials.token else (),
        # No cookies: an API server sets none, and a proxy in between must not tie requests together.
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def tls_context(credentials: Credentials) -> ssl.SSLContext:
    """Return the TLS settings for `credentials`.

    Raises:
        ConfigError: The certificates or the key cannot be read.

    """
    try:
        context = ssl.create_default_context(cadata=credentials.ca.decode("ascii") if credentials.ca else None)
        if credentials.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if credentials.certificate and credentials.private_key:
            _load_client_certificate(context, credentials.certificate, credentials.private_key)
    except (ssl.SSLError, ValueError):
        # `from None`: what a parser says about a private key's bytes has no place in a log.
        raise ConfigError("the certificates or the key for the API server are damaged") from None
    return context


def _load_client_certificate(context: ssl.SSLContext, certificate: bytes, private_key: bytes) -> None:
    """Load a client certificate from memory: `ssl` reads files only, and a key must not touch a disk."""
    if sys.platform != "linux":
        raise ConfigError("client certificates need Linux, where a file can be in memory", hint="use a token instead")
    file = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
    try:
        with open(file, "wb", closefd=False) as stream:
            stream.write(certificate + b"\n" + private_key)
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)


def _authorize(token: Token) -> aiohttp.ClientMiddlewareType:
    read: Callable[[], str] = token.read

    async def authorize(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        # Read for each request, since a service account's token is replaced while the session lives.
        request.headers["Authorization"] = f"Bearer {read()}"
        return await handler(request)

    return authorize
