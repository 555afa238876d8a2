"""From the parameters of the existing agent's AWS login to ours (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from injector.vault.auth import AwsAuth
from injector.vault.aws.credentials import AmbientAwsCredentials, AwsSource, GivenAwsCredentials
from injector.vault.aws.login import GLOBAL_REGION
from injector.vault.aws.sigv4 import AwsCredentials
from injector.vault.errors import VaultSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_REGION: Final = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")


def aws_auth(params: Mapping[str, str], environ: Mapping[str, str], mount: str, namespace: str | None) -> AwsAuth:
    """Return a login by AWS.

    Raises:
        VaultSettingsError: A parameter is not what it must be; the message names ``auth.params.NAME``.

    """
    kind = params.get("type") or "iam"
    if kind != "iam":
        raise VaultSettingsError(f'auth.params.type: "{kind}" is not one of: iam', hint="log in by an IAM role")
    region = params.get("region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or GLOBAL_REGION
    if not _REGION.fullmatch(region):
        raise VaultSettingsError(f'auth.params.region: "{region}" is no AWS region', hint="such as eu-central-1")
    return AwsAuth(
        params.get("role", ""),
        region,
        _source(params, environ, region),
        params.get("header_value") or None,
        mount,
        namespace,
    )


def _source(params: Mapping[str, str], environ: Mapping[str, str], region: str) -> AwsSource:
    access_key, secret_key = params.get("access_key"), params.get("secret_key")
    if bool(access_key) != bool(secret_key):
        raise VaultSettingsError("auth.params.access_key and auth.params.secret_key go together, and one is missing")
    if access_key and secret_key:
        return GivenAwsCredentials(AwsCredentials(access_key, secret_key, params.get("session_token") or None))
    return AmbientAwsCredentials(environ, region)
