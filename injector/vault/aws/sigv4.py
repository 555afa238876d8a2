"""AWS Signature Version 4 (pure).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. hvac has a signer too: it
knows one host and one clock.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class AwsCredentials:
    """A key of AWS, and the token that goes with it where it is a temporary one."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Request:
    """What is signed: all of it, and the host.

    Attributes:
        method: HTTP method.
        url: Where to.
        headers: HTTP headers.
        body: What is sent.

    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Scope:
    """What a signature is good for: one region, one service, one day."""

    region: str
    service: str
    now: datetime

    @property
    def moment(self) -> str:
        """The time as AWS writes it."""
        return self.now.strftime("%Y%m%dT%H%M%SZ")

    def __str__(self) -> str:
        return f"{self.moment[:8]}/{self.region}/{self.service}/aws4_request"


def signed_headers(request: Request, credentials: AwsCredentials, scope: Scope) -> dict[str, str]:
    """Return the headers of a request with its signature.

    Args:
        request: What is signed.
        credentials: Who signs.
        scope: For what; its time is UTC.

    """
    more = {"X-Amz-Date": scope.moment}
    if credentials.session_token is not None:
        more["X-Amz-Security-Token"] = credentials.session_token
    headers = {**request.headers, **more}
    lines = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    lines["host"] = urlsplit(request.url).netloc
    names = ";".join(sorted(lines))
    canonical = _canonical(request, lines, names)
    to_sign = "\n".join((_ALGORITHM, scope.moment, str(scope), sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_key(credentials, scope), to_sign.encode(), sha256).hexdigest()
    credential = f"{credentials.access_key}/{scope}"
    headers["Authorization"] = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


def _canonical(request: Request, lines: Mapping[str, str], names: str) -> str:
    place = urlsplit(request.url)
    return "\n".join(
        (
            request.method,
            quote(place.path or "/", safe="/-_.~"),
            _query(place.query),
            *(f"{name}:{lines[name]}" for name in sorted(lines)),
            "",
            names,
            sha256(request.body).hexdigest(),
        )
    )


def _query(query: str) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _key(credentials: AwsCredentials, scope: Scope) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in str(scope).split("/"):
        key = hmac.new(key, part.encode(), sha256).digest()
    return key
