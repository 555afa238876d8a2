"""The pod's annotations: those with our prefixes, checked against the tables of keys, then read by name."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from injector.errors import AnnotationError, PodError
from injector.webhook import keys, values
from injector.webhook.keys import OWN, OWN_PREFIX, PREFIX, VAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from injector.webhook.keys import Key, Table
    from injector.webhook.own_values import FlavourName

STATUS: Final = PREFIX + "agent-inject-status"
INJECTED: Final = "injected"
# The names of the containers that the webhook has put into the pod: how it knows them again, whatever they look like.
CONTAINERS: Final = OWN_PREFIX + "agent-containers"
_WARNINGS: Final = 16

_SECRET_NAMES: Final = frozenset({"agent-inject-secret-", "agent-inject-template-", "agent-inject-template-file-"})
_PER_SECRET: Final = frozenset(
    {
        "agent-inject-file-",
        "agent-inject-perms-",
        "agent-inject-command-",
        "agent-template-left-delim-",
        "agent-template-right-delim-",
        "error-on-missing-key-",
        "secret-volume-path-",
        "preserve-secret-case-",
        "signal-",
    }
)


@dataclass(frozen=True)
class Annotations:
    """The annotations of one pod that have one of our prefixes, by their names without it.

    Attributes:
        texts: Name to value of ``vault.hashicorp.com/``, as they stand. Templates are among them: never logged.
        own: The same of ``sealer.dev/``.

    """

    texts: Mapping[str, str] = field(repr=False)
    own: Mapping[str, str] = field(default_factory=dict, repr=False)

    def text(self, name: str, default: str) -> str:
        """Give the value of a key, or the default where the pod has none. An empty value is a value."""
        return self.texts.get(name, default)

    def optional(self, name: str, default: str | None = None) -> str | None:
        """Give the value of a key, or the default; None where that is empty."""
        return self.texts.get(name, default) or None

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a boolean key.

        Raises:
            AnnotationError: The value is no boolean.

        """
        value = self.texts.get(name)
        return default if value is None else values.boolean(PREFIX + name, value)

    def own_flag(self, name: str, *, default: bool) -> bool:
        """Read a boolean key of ours.

        Raises:
            AnnotationError: The value is no boolean.

        """
        value = self.own.get(name)
        return default if value is None else values.boolean(OWN_PREFIX + name, value)

    def required(self, name: str, default: str, what: str) -> str:
        """Give the value of a key that must not end up empty.

        Args:
            name: The key.
            default: What the settings say.
            what: What is missing otherwise, for the message: "Vault role".

        Raises:
            PodError: Neither the annotation nor the default says anything.

        """
        value = self.text(name, default)
        if value:
            return value
        hint = f"set the annotation {PREFIX}{name} on the pod"
        raise PodError(f"no {what} found", hint=hint)

    def suffixes(self, key: str) -> Iterator[tuple[str, str]]:
        """List the suffixes and the values of the pod's annotations of a key that takes a suffix, sorted."""
        for name in sorted(self.texts):
            match = VAULT.find(name)
            if match and match[0].name == key:
                yield match[1], self.texts[name]

    def own_suffixes(self, key: str) -> Iterator[tuple[str, str]]:
        """List the same for a key of ours."""
        for name in sorted(self.own):
            match = OWN.find(name)
            if match and match[0].name == key:
                yield match[1], self.own[name]

    def names(self) -> tuple[str, ...]:
        """List the pod's secrets: the suffixes of its secret and template keys with a value, sorted (reference 1.2)."""
        found = set()
        for name, value in self.texts.items():
            match = VAULT.find(name)
            if match and value.strip() and match[0].name in _SECRET_NAMES:
                found.add(match[1])
        return tuple(sorted(found))

    def template(self, secret: str) -> str | None:
        """Give the template text of a secret, if it has one.

        The key ``agent-inject-template-file-x`` is the template *text* of a secret ``file-x``, where there is one.
        """
        value = self.texts.get(f"agent-inject-template-{secret}", "")
        return value if value.strip() else None

    def template_file(self, secret: str) -> str | None:
        """Give the file with the template of a secret, if it has one and no text."""
        value = self.texts.get(f"agent-inject-template-file-{secret}", "")
        return value if value.strip() and self.template(secret) is None else None


def select(pod_annotations: Mapping[str, str], defaults: Mapping[str, str]) -> Annotations:
    """Take the annotations with our prefixes out of all that a pod has.

    Args:
        pod_annotations: The pod's.
        defaults: What the pod's namespace says where the pod does not; whole keys, too.

    """
    merged = {**defaults, **pod_annotations}
    return Annotations(_named(merged, PREFIX), _named(merged, OWN_PREFIX))


def _named(annotations: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key[len(prefix) :]: text for key, text in annotations.items() if key.startswith(prefix)}


def check(annotations: Annotations, flavour: FlavourName) -> tuple[str, ...]:
    """Check every annotation by the tables of keys.

    Returns:
        Warnings for the user, in the order of the keys: unknown annotations with the nearest known one, values that
        the agent cannot use, annotations without effect.

    Raises:
        AnnotationError: A value is not one that its key allows.

    """
    secrets = frozenset(annotations.names())
    found: list[Iterable[str]] = []
    for table, texts in ((VAULT, annotations.texts), (OWN, annotations.own)):
        matches = [(name, table.find(name)) for name in sorted(texts)]
        for name, match in matches:
            if match is not None:
                match[0].read(table.prefix + name, texts[name])
        found.append(_warnings(table, texts, matches, secrets, flavour))
    # Kubernetes shows 4 KiB of warnings, and to look for a suggestion takes time that a pod must not be able to
    # multiply: where no warning comes of it, either.
    return tuple(itertools.islice(itertools.chain.from_iterable(found), _WARNINGS))


def _warnings(
    table: Table,
    texts: Mapping[str, str],
    matches: Iterable[tuple[str, tuple[Key, str] | None]],
    secrets: frozenset[str],
    flavour: FlavourName,
) -> Iterator[str]:
    looked_up = itertools.count(1)
    for name, match in matches:
        annotation = f"annotation {table.prefix}{name}"
        if match is None:
            suggestion = table.nearest(name) if next(looked_up) <= _WARNINGS else None
            # Other programs of ours may have annotations of their own under our prefix.
            if suggestion or table is VAULT:
                yield f"unknown {annotation}" + (f": did you mean {suggestion}?" if suggestion else "")
            continue
        key, suffix = match
        if key.name == "agent-inject-template-file-" and f"file-{suffix}" in secrets:
            yield f"{annotation} is also read as the template of the secret file-{suffix}"
        elif key.unused and flavour == "sealer":
            yield f"{annotation} has no effect: {key.unused}"
        elif key.name in _PER_SECRET and suffix not in secrets:
            yield f"{annotation} has no effect: there is no {PREFIX}agent-inject-secret-{suffix}"
        elif texts[name]:
            yield from _unusable(key, table.prefix + name, texts[name], flavour)


def _unusable(key: keys.Key, name: str, text: str, flavour: FlavourName) -> Iterator[str]:
    try:
        key.usable(name, text)
    except AnnotationError as error:
        consequence = "it has no effect" if flavour == "sealer" else "the agent may not start"
        yield f"{error.message}; {consequence}"
