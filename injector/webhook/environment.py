"""The environment variables that the agent's containers of every flavour get (reference, vault-agent-injector 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.request import InjectionRequest
    from injector.webhook.wire import JsonObject


def pod_fields() -> tuple[JsonObject, ...]:
    """Give what the agent, and a template, may want to know of the pod: namespace and addresses."""
    fields = {"NAMESPACE": "metadata.namespace", "HOST_IP": "status.hostIP", "POD_IP": "status.podIP"}
    return tuple({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in fields.items())


def common(request: InjectionRequest) -> tuple[JsonObject, ...]:
    """Give the variables that come first for Vault's agent, in the existing injector's order."""
    return (*pod_fields(), *(variable(name, text) for name, text in _common(request)))


def proxy(request: InjectionRequest) -> tuple[JsonObject, ...]:
    """Give the variable of the proxy, where there is one."""
    address = request.vault.proxy_address
    return () if address is None else (variable("HTTPS_PROXY", address),)


def last(request: InjectionRequest) -> tuple[JsonObject, ...]:
    """Give the variables that come last: Vault's CA as text, and those of the login ``aws``."""
    ca = request.vault.ca_cert_bytes
    return (*(() if ca is None else (variable("VAULT_CACERT_BYTES", ca),)), *request.login.variables)


def variable(name: str, text: str) -> dict[str, Any]:
    """Make an environment variable as it stands in a container."""
    return {"name": name, "value": text}


def _common(request: InjectionRequest) -> Iterator[tuple[str, str]]:
    given = {
        "GOMAXPROCS": request.agent.go_max_procs,
        "VAULT_CLIENT_TIMEOUT": request.vault.client_timeout,
        "VAULT_MAX_RETRIES": request.vault.client_max_retries,
        "VAULT_LOG_LEVEL": request.agent.log_level,
        "VAULT_LOG_FORMAT": request.agent.log_format,
        "HTTPS_PROXY": request.vault.proxy_address,
    }
    return ((name, text) for name, text in given.items() if text is not None)
