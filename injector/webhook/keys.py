"""The keys of annotations: what one is, how a table of them is searched, and the two tables.

``VAULT`` has the 74 keys of the existing injector (reference, vault-agent-injector, section 1), ``OWN`` those that it
has not. A key that ends with a dash takes a suffix: the name of a secret, or of a parameter.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from injector.webhook import own_values, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PREFIX: Final = "vault.hashicorp.com/"
OWN_PREFIX: Final = "sealer.dev/"
# The longest name that Kubernetes allows behind an annotation's prefix. It checks that only after the webhook.
_LONGEST: Final = 63
# No key that takes a suffix has more words than four, so a misspelt one hardly has more than these.
_WORDS: Final = 6
# Of 1, for a name that is suggested in place of another.
_ALIKE: Final = 0.8

Reader = Callable[[str, str], object]
Prefix = Literal["vault.hashicorp.com/", "sealer.dev/"]


@dataclass(frozen=True)
class Key:
    """One key of a table.

    Attributes:
        name: Without the prefix.
        read: Reads the value; what it refuses refuses the pod, as in the existing injector.
        usable: Reads a value that the existing injector never checks; what it refuses is passed over with a warning.
        unused: Why the key has no meaning for our own agent; None where it has one. It always has one for Vault's.

    """

    name: str
    read: Reader = values.anything
    usable: Reader = values.anything
    unused: str | None = None

    @property
    def takes_suffix(self) -> bool:
        """Whether the key is written with the name of a secret or of a parameter behind it."""
        return self.name.endswith("-")


@dataclass(frozen=True)
class Table:
    """The keys of one prefix, by their names."""

    prefix: Prefix
    keys: dict[str, Key]

    def find(self, name: str) -> tuple[Key, str] | None:
        """Find the key of an annotation and the suffix behind it.

        Of several keys that fit, the longest wins: ``agent-inject-template-file-x`` is the template file of ``x``.

        Args:
            name: The annotation without the prefix.

        Returns:
            The key and the suffix in the case it is written in (empty for a key without one); None for an unknown
            annotation, to which one with an empty suffix counts.

        """
        exact = self.keys.get(name)
        if exact is not None:
            return None if exact.takes_suffix else (exact, "")
        # From the longest beginning of the name to the shortest: each dash may be the end of a key.
        end = name.rfind("-", 0, -1)
        while end != -1:
            key = self.keys.get(name[: end + 1])
            if key is not None:
                return key, name[end + 1 :]
            end = name.rfind("-", 0, end)
        return None

    def nearest(self, name: str) -> str | None:
        """Suggest the known annotation, with its prefix, that an unknown one was perhaps meant to be, or None.

        A suffix is carried over: ``agent-inject-secrets-db`` suggests ``agent-inject-secret-db``.
        """
        if len(name) > _LONGEST:
            return None
        whole: dict[str, str] = {}
        for key in self.keys.values():
            whole.setdefault(key.name.removesuffix("-"), key.name + ("NAME" if key.takes_suffix else ""))
        alike = [(likeness, whole[found]) for likeness, found in _alike(name, whole)]
        with_suffix = [key.name for key in self.keys.values() if key.takes_suffix]
        for head in _heads(name):
            alike += [(likeness, found + name[len(head) :]) for likeness, found in _alike(head, with_suffix)]
        return self.prefix + max(alike)[1] if alike else None


def _alike(name: str, known: Iterable[str]) -> Iterator[tuple[float, str]]:
    """List the names that resemble one, and how much."""
    matcher = difflib.SequenceMatcher(b=name)
    for one in known:
        matcher.set_seq1(one)
        # The first two are upper bounds of the third, and much quicker.
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= _ALIKE and matcher.ratio() >= _ALIKE:
            yield matcher.ratio(), one


def _heads(name: str) -> list[str]:
    words = name.split("-")
    return ["-".join(words[:end]) + "-" for end in range(1, min(len(words), _WORDS + 1)) if words[-1]]


_NOT_GO: Final = "our agent is no Go program"
_CONNECTIONS: Final = "our agent keeps connections while it uses them, and closes them when they are idle"

_SWITCHES: Final = (
    Key("agent-inject", values.boolean),
    Key("agent-inject-status"),
    Key("agent-request-namespace"),
    Key("agent-pre-populate", values.boolean),
    Key("agent-pre-populate-only", values.boolean),
    Key("agent-init-first", values.boolean),
    Key("agent-inject-containers"),
    Key("agent-configmap"),
)
_SECRETS: Final = (
    Key("agent-inject-secret-"),
    Key("agent-inject-template-"),
    Key("agent-inject-template-file-"),
    Key("agent-inject-file-"),
    Key("agent-inject-perms-", values.permissions),
    Key("agent-inject-command-"),
    Key("agent-template-left-delim-"),
    Key("agent-template-right-delim-"),
    Key("error-on-missing-key-", values.boolean),
    Key("secret-volume-path"),
    Key("secret-volume-path-"),
    Key("preserve-secret-case", usable=values.boolean),
    Key("preserve-secret-case-", usable=values.boolean),
    Key("agent-inject-default-template", values.default_template),
    Key("agent-inject-token", values.boolean),
)
_SERVER: Final = (
    Key("service"),
    Key("role"),
    Key("auth-type"),
    Key("auth-path"),
    Key("auth-config-"),
    Key("auth-min-backoff", values.duration),
    Key("auth-max-backoff", values.duration),
    Key("agent-auto-auth-exit-on-err", values.boolean),
    Key("namespace"),
    Key("proxy-address"),
    Key("tls-secret"),
    Key("ca-cert"),
    Key("client-cert"),
    Key("client-key"),
    Key("ca-key"),
    Key("tls-server-name"),
    Key("tls-skip-verify", values.boolean),
    Key("client-timeout", usable=values.seconds_or_duration),
    Key("client-max-retries", usable=values.unsigned),
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
    Key("agent-run-as-same-user", values.boolean),
    Key("agent-set-security-context", values.boolean),
    Key("agent-share-process-namespace", values.boolean),
    Key("agent-copy-volume-mounts"),
    Key("agent-extra-secret"),
    Key("agent-revoke-on-shutdown", values.boolean),
    Key("agent-revoke-grace", values.unsigned),
    Key("agent-json-patch", values.json_patch),
    Key("agent-init-json-patch", values.json_patch),
    Key("log-level", usable=values.log_level),
    Key("log-format", usable=values.log_format),
    Key("go-max-procs", unused=_NOT_GO),
)
_ENGINE: Final = (
    Key("agent-cache-enable", values.boolean),
    Key("agent-cache-listener-port", usable=values.port),
    Key("agent-cache-use-auto-auth-token", usable=values.use_auto_auth_token),
    Key(
        "agent-cache-exit-on-err",
        values.boolean,
        unused="our agent logs in anew where what it kept cannot be read back",
    ),
    Key("agent-enable-quit", values.boolean),
    Key("template-config-exit-on-retry-failure", values.boolean),
    Key("template-static-secret-render-interval", usable=values.seconds_or_duration),
    Key("template-max-connections-per-host", values.integer),
    Key("template-lease-renewal-threshold", values.floating),
    Key("agent-disable-idle-connections", unused=_CONNECTIONS),
    Key("agent-disable-keep-alives", unused=_CONNECTIONS),
    Key("agent-telemetry-", unused="our agent sends no telemetry; its log has one line per event"),
)
_OWN: Final = (
    Key("agent-flavor", own_values.flavour),
    Key("agent-containers"),
    Key("native-sidecar", values.boolean),
    Key("secrets-size-limit", values.quantity),
    Key("service-account-token-audience"),
    Key("service-account-token-expiration-seconds", own_values.token_expiration),
    Key("auth-namespace"),
    Key("signal-", own_values.signal),
    Key("env-", own_values.secret_field),
    Key("env-from-"),
    Key("env-prefix-", own_values.variable_prefix),
    Key("env-containers"),
    Key("env-references", values.boolean),
)

VAULT: Final = Table(PREFIX, {key.name: key for key in (*_SWITCHES, *_SECRETS, *_SERVER, *_CONTAINER, *_ENGINE)})
OWN: Final = Table(OWN_PREFIX, {key.name: key for key in _OWN})
