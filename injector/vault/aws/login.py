"""The body of an AWS login: a request to AWS that Vault sends on, to learn who signed it (pure).

https://developer.hashicorp.com/vault/api-docs/auth/aws#login
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from injector.vault.aws.sigv4 import AwsCredentials, Request, Scope, signed_headers

if TYPE_CHECKING:
    from datetime import datetime

GLOBAL_REGION: Final = "us-east-1"
_BODY: Final = b"Action=GetCallerIdentity&Version=2011-06-15"


def sts_url(region: str) -> str:
    """Return the address of AWS's Security Token Service for a region.

    That of ``us-east-1`` is the global one, which Vault asks unless it is configured otherwise
    (https://docs.aws.amazon.com/general/latest/gr/sts.html).
    """
    if region == GLOBAL_REGION:
        return "https://sts.amazonaws.com/"
    return f"https://sts.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}/"


def login_body(
    role: str, region: str, header_value: str | None, credentials: AwsCredentials, now: datetime
) -> dict[str, str]:
    """Return what is sent to Vault.

    Args:
        role: Vault's role; empty to let Vault choose.
        region: The AWS region.
        header_value: What Vault expects as X-Vault-AWS-IAM-Server-ID.
        credentials: Who signs.
        now: The time, UTC.

    """
    url = sts_url(region)
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    if header_value:
        headers["X-Vault-AWS-IAM-Server-ID"] = header_value
    signed = signed_headers(Request("POST", url, headers, _BODY), credentials, Scope(region, "sts", now))
    sent = {
        "iam_http_request_method": "POST",
        "iam_request_url": _base64(url.encode()),
        "iam_request_headers": _base64(json.dumps({name: [value] for name, value in signed.items()}).encode()),
        "iam_request_body": _base64(_BODY),
    }
    return {"role": role, **sent} if role else sent


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
