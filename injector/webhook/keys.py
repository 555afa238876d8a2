"""The annotations of the existing injector: every key, how its value is read, and what this version does with it.

The 74 keys are those of reference, vault-agent-injector, section 1. A key that ends with a dash takes a suffix: the
name of a secret, or of a parameter. The values of all keys are checked, also of those that have no effect yet, so that
a pod is refused or let in as by the existing injector.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from injector.webhook import values

PREFIX: Final = "vault.hashicorp.com/"
# The longest name that Kubernetes allows behind an annotation's prefix. It checks that only after the webhook.
_LONGEST: Final = 63

Reader = Callable[[str, str], object]


class Support(Enum):
    """What this version does with a key: use it, warn that it has no effect, or refuse the pod.

    REFUSED is for keys that say what the files hold: to pass them over would start the pod with wrong files.
    """

    USED = "used"
    WARNED = "warned"
    REFUSED = "refused"


@dataclass(frozen=True)
class Key:
    """One key of the table: its name without the prefix, its reader, and its support."""

    name: str
    read: Reader = values.anything
    support: Support = Support.USED

    @property
    def takes_suffix(self) -> bool:
        """Whether the key is written with the name of a secret or of a parameter behind it."""
        return self.name.endswith("-")

    @property
    def placeholder(self) -> str:
        """The key as a person would be told to write it."""
        return PREFIX + self.name + ("NAME" if self.takes_suffix else "")


_W: Final = Support.WARNED
_R: Final = Support.REFUSED

_SWITCHES: Final = (
    Key("agent-inject", values.boolean),
    Key("agent-inject-status"),
    Key("agent-request-namespace"),
    Key("agent-pre-populate", values.boolean),
    Key("agent-pre-populate-only", values.boolean),
    Key("agent-init-first", values.boolean, _W),
    Key("agent-inject-containers"),
    Key("agent-configmap", support=_R),
)
_SECRETS: Final = (
    Key("agent-inject-secret-"),
    Key("agent-inject-template-"),
    Key("agent-inject-template-file-", support=_R),
    Key("agent-inject-file-"),
    Key("agent-inject-perms-", values.permissions),
    Key("agent-inject-command-", support=_W),
    Key("agent-template-left-delim-"),
    Key("agent-template-right-delim-"),
    Key("error-on-missing-key-", values.boolean),
    Key("secret-volume-path"),
    Key("secret-volume-path-"),
    Key("preserve-secret-case", values.lenient_boolean),
    Key("preserve-secret-case-", values.lenient_boolean),
    Key("agent-inject-default-template", values.default_template),
    Key("agent-inject-token", values.boolean, _W),
)
_VAULT: Final = (
    Key("service"),
    Key("role"),
    Key("auth-type"),
    Key("auth-path"),
    Key("auth-config-", support=_W),
    Key("auth-min-backoff", values.duration, _W),
    Key("auth-max-backoff", values.duration, _W),
    Key("agent-auto-auth-exit-on-err", values.boolean, _W),
    Key("namespace"),
    Key("proxy-address", support=_W),
    Key("tls-secret"),
    Key("ca-cert"),
    Key("client-cert", support=_W),
    Key("client-key", support=_W),
    Key("ca-key", support=_W),
    Key("tls-server-name", support=_W),
    Key("tls-skip-verify", values.boolean),
    Key("client-timeout", support=_W),
    Key("client-max-retries", support=_W),
    Key("agent-service-account-token-volume-name"),
)
_CONTAINER: Final = (
    Key("agent-image"),
    Key("agent-limits-cpu", values.quantity),
    Key("agent-limits-mem", values.quantity),
    Key("agent-limits-ephemeral", values.quantity),
    Key("agent-requests-cpu", values.quantity),
    Key("agent-requests-mem", values.quantity),
    Key("agent-requests-ephemeral", values.quantity),
    Key("agent-run-as-user", values.identity),
    Key("agent-run-as-group", values.identity),
    Key("agent-run-as-same-user", values.boolean, _W),
    Key("agent-set-security-context", values.boolean, _W),
    Key("agent-share-process-namespace", values.boolean, _W),
    Key("agent-copy-volume-mounts", support=_W),
    Key("agent-extra-secret", support=_W),
    Key("agent-revoke-on-shutdown", values.boolean, _W),
    Key("agent-revoke-grace", values.unsigned, _W),
    Key("agent-json-patch", support=_W),
    Key("agent-init-json-patch", support=_W),
    Key("log-level"),
    Key("log-format", support=_W),
    Key("go-max-procs", support=_W),
)
_ENGINE: Final = (
    Key("agent-cache-enable", values.boolean, _W),
    Key("agent-cache-listener-port", support=_W),
    Key("agent-cache-use-auto-auth-token", support=_W),
    Key("agent-cache-exit-on-err", values.boolean, _W),
    Key("agent-enable-quit", values.boolean, _W),
    Key("template-config-exit-on-retry-failure", values.boolean, _W),
    Key("template-static-secret-render-interval", support=_W),
    Key("template-max-connections-per-host", values.integer, _W),
    Key("template-lease-renewal-threshold", values.floating, _W),
    Key("agent-disable-idle-connections", support=_W),
    Key("agent-disable-keep-alives", support=_W),
    Key("agent-telemetry-", support=_W),
)

KEYS: Final = {key.name: key for key in (*_SWITCHES, *_SECRETS, *_VAULT, *_CONTAINER, *_ENGINE)}
_BY_LENGTH: Final = sorted((key for key in KEYS.values() if key.takes_suffix), key=lambda key: -len(key.name))


def find(name: str) -> tuple[Key, str] | None:
    """Find the key of an annotation and the suffix behind it.

    Of several keys that fit, the longest wins: ``agent-inject-template-file-x`` is the template file of ``x``.

    Args:
        name: The annotation without the prefix.

    Returns:
        The key and the suffix in the case it is written in (empty for a key without one); None for an unknown
        annotation, to which one with an empty suffix counts.

    """
    exact = KEYS.get(name)
    if exact is not None:
        return None if exact.takes_suffix else (exact, "")
    for key in _BY_LENGTH:
        if name.startswith(key.name):
            return key, name[len(key.name) :]
    return None


def nearest(name: str) -> str | None:
    """Suggest the known annotation that an unknown one was perhaps meant to be, or None.

    A suffix is carried over: ``agent-inject-secrets-db`` suggests ``agent-inject-secret-db``.
    """
    if len(name) > _LONGEST:
        return None
    candidates: dict[str, str] = {}
    for key in KEYS.values():
        candidates.setdefault(key.name.removesuffix("-"), key.placeholder)
        if key.takes_suffix:
            for suffix in _suffixes(name):
                candidates[key.name + suffix] = PREFIX + key.name + suffix
    found = difflib.get_close_matches(name, sorted(candidates), n=1, cutoff=0.8)
    return candidates[found[0]] if found else None


def _suffixes(name: str) -> list[str]:
    words = name.split("-")
    return ["-".join(words[start:]) for start in range(1, len(words)) if words[-1]]
