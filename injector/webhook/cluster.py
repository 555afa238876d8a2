"""The webhook's only door to the API server: it reads and patches its own registration.

Importing it imports ``kubernetes``, which is slow and big: only automatic TLS does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, cast

from kubernetes.client import AdmissionregistrationV1Api, ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException, load_incluster_config, new_client_from_config
from urllib3.exceptions import HTTPError

from injector.errors import RegistrationError
from injector.webhook import logs
from injector.webhook.registration import ca_bundle_patch
from sealer import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_USER_AGENT: Final = f"sealer-injector/{__version__}"
_FIELD_MANAGER: Final = "sealer-injector"
_TIMEOUT: Final = (5, 30)
# About a minute: the configuration may be created after the process, and the API server may just be starting. What
# takes longer is left to the process being started again.
_PAUSES: Final = (0.5, 1, 2, 4, 8, 15, 30)
_NOT_PERMITTED: Final = frozenset({401, 403})


def connect() -> ApiClient:
    """Return a client for the cluster that ``KUBECONFIG`` names, or that this pod runs in.

    Raises:
        RegistrationError: There is no usable configuration.

    """
    try:
        client = new_client_from_config() if os.environ.get("KUBECONFIG") else _in_cluster()
    except ConfigException as error:
        raise RegistrationError(
            f"cannot tell which cluster to register in: {str(error).rstrip('.').lower()}",
            hint="run in a pod with a service account, or set KUBECONFIG",
        ) from error
    client.user_agent = _USER_AGENT
    return client


def register(name: str, ca: bytes, now: datetime, sleep: Callable[[float], None]) -> None:
    """Put a CA on every entry of a MutatingWebhookConfiguration, trying again for about a minute.

    Args:
        name: The MutatingWebhookConfiguration.
        ca: PEM of the CA.
        now: The time.
        sleep: Waits for a number of seconds.

    Raises:
        RegistrationError: It is not permitted, or did not succeed in time.

    """
    api = AdmissionregistrationV1Api(connect())
    for pause in (*_PAUSES, None):
        try:
            _register_once(api, name, ca, now)
        except (ApiException, HTTPError, RegistrationError) as error:
            failure = _translated(error, name)
            if pause is None or getattr(error, "status", None) in _NOT_PERMITTED:
                raise failure from error
            logs.problem("registration failed, trying again", error=failure.message, seconds=pause)
            sleep(pause)
        else:
            return


def _in_cluster() -> ApiClient:
    load_incluster_config()
    return ApiClient()


def _register_once(api: AdmissionregistrationV1Api, name: str, ca: bytes, now: datetime) -> None:
    found = api.read_mutating_webhook_configuration(name, _request_timeout=_TIMEOUT)
    patch = ca_bundle_patch(cast("dict[str, Any]", api.api_client.sanitize_for_serialization(found)), ca, now)
    if patch:
        api.patch_mutating_webhook_configuration(name, patch, field_manager=_FIELD_MANAGER, _request_timeout=_TIMEOUT)
    logs.event("certificate authority registered", configuration=name, changed=bool(patch))


def _translated(error: Exception, name: str) -> RegistrationError:
    if isinstance(error, RegistrationError):
        return error
    if isinstance(error, ApiException):
        # Only status and reason: the exception's text has the whole answer of the server.
        return RegistrationError(
            f"the API server refuses the MutatingWebhookConfiguration {name}: {error.status} {error.reason}",
            hint="it must exist, and the service account needs get and patch on it",
        )
    return RegistrationError(f"the API server cannot be reached: {type(error).__name__}")
