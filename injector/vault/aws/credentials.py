"""Where the AWS credentials of a pod or a machine come from.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html: keys in the environment, the role of a
service account (web identity), the role of a container or a pod, the role of the machine.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from urllib.parse import urlencode, urlsplit

from injector.vault.aws.login import sts_url
from injector.vault.aws.sigv4 import AwsCredentials
from injector.vault.credentials import FileCredential
from injector.vault.errors import LoginError, VaultError, VaultSettingsError
from injector.vault.settings import Connection, usual_proxy
from injector.vault.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 5.0
_MACHINE: Final = "http://169.254.169.254"
_CONTAINER: Final = "http://169.254.170.2"
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
_CONTAINER_HOSTS: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_UNSUPPORTED: Final = ("AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE")

Environment: TypeAlias = "Mapping[str, str]"


class AwsSource(Protocol):
    """Something that has AWS credentials."""

    def read(self) -> AwsCredentials:
        """Return credentials that hold now.

        Raises:
            LoginError: There are none.

        """


@dataclass(frozen=True)
class GivenAwsCredentials:
    """Credentials that are at hand."""

    credentials: AwsCredentials = field(repr=False)

    def read(self) -> AwsCredentials:
        """Return them."""
        return self.credentials


@dataclass(frozen=True)
class AmbientAwsCredentials:
    """The credentials of the place where the process runs, found out at each login: they are temporary.

    Attributes:
        environ: The environment.
        region: Whose Security Token Service is asked.

    """

    environ: Environment = field(repr=False)
    region: str

    def read(self) -> AwsCredentials:
        """Return the credentials of the first place that has any.

        Raises:
            LoginError: No place has.
            VaultSettingsError: The environment names a place that is not looked at.

        """
        for name in _UNSUPPORTED:
            if self.environ.get(name):
                raise VaultSettingsError(f"{name} is set, and files of AWS credentials are not read", hint="unset it")
        for place in (_keys, self._web_identity, _container, _machine):
            if (found := place(self.environ)) is not None:
                return found
        raise LoginError(
            "there are no AWS credentials",
            hint="give the pod's service account a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )

    def _web_identity(self, environ: Environment) -> AwsCredentials | None:
        """Exchange the service account's token for a role (IRSA; AssumeRoleWithWebIdentity needs no signature)."""
        role, file = environ.get("AWS_ROLE_ARN"), environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
        if not role or not file:
            return None
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": role,
            "RoleSessionName": environ.get("AWS_ROLE_SESSION_NAME") or "sealer-agent",
            "WebIdentityToken": FileCredential(Path(file), "web identity token").read(),
        }
        url = environ.get("AWS_ENDPOINT_URL_STS") or sts_url(self.region)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        content = _asked(environ, "POST", url, headers, urlencode(form).encode())
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        # Keys and tokens are base64 or alike: nothing in them is escaped in XML.
        found = [re.search(rf"<{name}>([^<&]+)</{name}>", content) for name in names]
        access_key, secret_key, token = (match[1].strip() if match else "" for match in found)
        return _complete(access_key, secret_key, token, url)


def _keys(environ: Environment) -> AwsCredentials | None:
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        return None
    return AwsCredentials(access_key, secret_key, environ.get("AWS_SESSION_TOKEN") or None)


def _container(environ: Environment) -> AwsCredentials | None:
    relative, full = (environ.get(f"AWS_CONTAINER_CREDENTIALS_{kind}_URI") for kind in ("RELATIVE", "FULL"))
    if not relative and not full:
        return None
    url = f"{_CONTAINER}{relative}" if relative else full or ""
    if not _may_be_asked(url):
        raise VaultSettingsError(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, loopback or an address of AWS's own"
        )
    headers = {}
    if file := environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        headers["Authorization"] = FileCredential(Path(file), "container authorization token").read()
    elif token := environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"):
        headers["Authorization"] = token
    return _in_json(_asked(environ, "GET", url, headers), url)


def _machine(environ: Environment) -> AwsCredentials | None:
    """Ask the instance metadata service, version 2 only: version 1 answers anybody who can send a GET."""
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    base = (environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _MACHINE).rstrip("/")
    lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    headers = {"X-aws-ec2-metadata-token": _asked(environ, "PUT", f"{base}/latest/api/token", lifetime)}
    url = f"{base}/latest/meta-data/iam/security-credentials/"
    role = _asked(environ, "GET", url, headers).split("\n")[0].strip()
    return _in_json(_asked(environ, "GET", url + role, headers), url)


def _may_be_asked(url: str) -> bool:
    place = urlsplit(url)
    host = place.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    return place.scheme == "https" or (place.scheme == "http" and (loopback or host in _CONTAINER_HOSTS))


def _asked(environ: Environment, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> str:
    verify = environ.get("AWS_CA_BUNDLE") or environ.get("SSL_CERT_FILE") or True
    # What is asked over plain HTTP is on this machine or next to it: no proxy may see it.
    proxy = usual_proxy(environ, url) if url.startswith("https:") else None
    transport = Transport(Connection(url, verify=verify, proxy=proxy, timeout=_SECONDS), max_connections=1)
    try:
        reply = transport.request(
            method=method, url=url, headers=headers, allow_redirects=False, timeout=_SECONDS, data=body
        )
    except VaultError as error:
        # Its message takes whoever does not answer for Vault.
        raise LoginError(f"no AWS credentials from {url}: it gives no answer that can be trusted") from error
    finally:
        transport.close()
    if not reply.ok:
        raise LoginError(f"no AWS credentials from {url}: status {reply.status_code}")
    return reply.content.decode("utf-8", errors="replace")


def _in_json(content: str, url: str) -> AwsCredentials:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    parts = found if isinstance(found, dict) else {}
    access_key, secret_key, token = (parts.get(name) for name in ("AccessKeyId", "SecretAccessKey", "Token"))
    return _complete(str(access_key or ""), str(secret_key or ""), str(token or ""), url)


def _complete(access_key: str, secret_key: str, token: str, url: str) -> AwsCredentials:
    if not access_key or not secret_key:
        raise LoginError(f"the answer of {url} holds no AWS credentials")
    return AwsCredentials(access_key, secret_key, token or None)
