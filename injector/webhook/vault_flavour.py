"""The flavour ``vault``: the agent in the images of Vault and of OpenBao (reference, vault-agent-injector 2.3).

Both images have a shell, and the configuration must come into a file: that is all that the shell is for. No text of an
annotation is part of what it reads, but quoted in the hook that revokes the token and in the startup probe.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from injector.webhook import environment, vault_config
from injector.webhook.keys import OWN_PREFIX
from injector.webhook.pod import Mount
from injector.webhook.process import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.request import InjectionRequest, Part
    from injector.webhook.wire import JsonObject

_SHELL: Final = ("/bin/sh", "-ec")
_CONFIG_FOLDER: Final = "/vault/configs"
_CONFIG_FILE: Final = f"{vault_config.HOME}/config.json"
_CONFIG_VARIABLE: Final = "VAULT_CONFIG"
# OpenBao's image has a program of another name.
_PROGRAM: Final = '"$(command -v vault || command -v bao)"'
# As for our own agent: looked at each second, for twice as long as attempts last.
_PROBE: Final = {"periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 600}


def process(request: InjectionRequest, part: Part) -> Process:
    """Make the process of one of the agent's containers."""
    return Process(
        command=_SHELL,
        args=(_script(request, part),),
        env=_env(request, part),
        startup_probe=_startup_probe(request) if part == "native" else None,
        pre_stop=_pre_stop(request) if part != "init" else None,
        folders=_folders(request, part),
    )


def warnings(request: InjectionRequest) -> Iterator[str]:
    """List what this flavour cannot do of a request."""
    for secret in request.secrets:
        if secret.signal is not None:
            yield (
                f"annotation {OWN_PREFIX}signal-{secret.name} has no effect: Vault's agent sends no signals; use "
                f"vault.hashicorp.com/agent-inject-command-{secret.name}, or {OWN_PREFIX}agent-flavor: sealer"
            )


def _script(request: InjectionRequest, part: Part) -> str:
    if request.configmap is not None:
        file = f"{_CONFIG_FOLDER}/{'config-init' if part == 'init' else 'config'}.hcl"
        # Vault's agent wants the token's file to be there where it uses it as a sink.
        return f"touch {vault_config.TOKEN_FILE}; exec {_PROGRAM} agent -config={file}"
    decode = f'printf %s "${_CONFIG_VARIABLE}" | base64 -d > {_CONFIG_FILE}'
    return f"{decode}; exec {_PROGRAM} agent -config={_CONFIG_FILE}"


def _env(request: InjectionRequest, part: Part) -> tuple[JsonObject, ...]:
    if request.configmap is None:
        config = vault_config.encode(vault_config.build(request, part))
        given = [(_CONFIG_VARIABLE, config)]
    else:
        given = list(_connection(request))
    variables = (environment.variable(name, text) for name, text in given)
    return (*environment.common(request), *variables, *environment.last(request))


def _connection(request: InjectionRequest) -> Iterator[tuple[str, str]]:
    """Where Vault is, for a configuration that is not ours to write."""
    vault = request.vault
    texts = {
        "VAULT_ADDR": vault.address,
        "VAULT_CACERT": vault.ca_cert,
        "VAULT_CAPATH": vault.ca_path,
        "VAULT_CLIENT_CERT": vault.client_cert,
        "VAULT_CLIENT_KEY": vault.client_key,
        "VAULT_SKIP_VERIFY": "true" if vault.tls_skip_verify else None,
        "VAULT_TLS_SERVER_NAME": vault.tls_server_name,
    }
    return ((name, text) for name, text in texts.items() if text)


def _pre_stop(request: InjectionRequest) -> tuple[str, ...] | None:
    if request.revoke_grace is None:
        return None
    vault = request.vault
    flags = {"address": vault.address, "ca-cert": vault.ca_cert, "client-cert": vault.client_cert}
    flags |= {"client-key": vault.client_key}
    given = [f"-{name}={shlex.quote(text)}" for name, text in flags.items() if text]
    revoke = " ".join([_PROGRAM, "token", "revoke", *given, "-self"])
    return ("/bin/sh", "-c", f"sleep {request.revoke_grace} && {revoke}")


def _startup_probe(request: InjectionRequest) -> JsonObject:
    tests = [f"test -f {shlex.quote(secret.destination)}" for secret in request.secrets]
    tests = tests or [f"test -f {vault_config.TOKEN_FILE}"]
    return {"exec": {"command": [*_SHELL, "; ".join(tests)]}, **_PROBE}


def _folders(request: InjectionRequest, part: Part) -> tuple[Mount, ...]:
    home = Mount("home-init" if part == "init" else "home-sidecar", vault_config.HOME)
    cache = (Mount("vault-agent-cache", vault_config.CACHE_FOLDER),) if vault_config.persists(request) else ()
    return (home, *cache)
