"""The pod's ``vault.hashicorp.com/`` annotations: checked against the table of keys, then read by name."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from injector.errors import PodError
from injector.webhook import keys, values
from injector.webhook.keys import PREFIX, Key, Support

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS: Final = PREFIX + "agent-inject-status"
INJECTED: Final = "injected"
_WARNINGS: Final = 16

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
    }
)


@dataclass(frozen=True)
class Annotations:
    """The annotations of one pod that have our prefix, by their names without it.

    Attributes:
        texts: Name to value, as they stand. Templates are among them: never logged.

    """

    texts: Mapping[str, str] = field(repr=False)

    def text(self, name: str, default: str) -> str:
        """Give the value of a key, or the default where the pod has none. An empty value is a value."""
        return self.texts.get(name, default)

    def optional(self, name: str) -> str | None:
        """Give the value of a key where there is one that is not empty."""
        return self.texts.get(name) or None

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a boolean key.

        Raises:
            AnnotationError: The value is no boolean.

        """
        value = self.texts.get(name)
        return default if value is None else values.boolean(PREFIX + name, value)

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

    def names(self) -> tuple[str, ...]:
        """List the pod's secrets: the suffixes of its secret and template keys with a value, sorted (reference 1.2)."""
        found = set()
        for name, value in self.texts.items():
            match = keys.find(name)
            if match and value.strip() and match[0].name in {"agent-inject-secret-", "agent-inject-template-"}:
                found.add(match[1])
        return tuple(sorted(found))

    def template(self, secret: str) -> str | None:
        """Give the template text of a secret, if it has one.

        The key ``agent-inject-template-file-x`` is the template *text* of a secret ``file-x``, where there is one.
        """
        value = self.texts.get(f"agent-inject-template-{secret}", "")
        return value if value.strip() else None


def select(pod_annotations: Mapping[str, str]) -> Annotations:
    """Take the annotations with our prefix out of all that a pod has."""
    return Annotations({key[len(PREFIX) :]: text for key, text in pod_annotations.items() if key.startswith(PREFIX)})


def check(annotations: Annotations) -> tuple[str, ...]:
    """Check every annotation by the table of keys.

    Returns:
        Warnings for the user, in the order of the keys: unknown annotations with the nearest known one, annotations
        without effect in this version, annotations about a secret that the pod does not have.

    Raises:
        AnnotationError: A value is not one that its key allows.
        PodError: A key that this version must refuse, as to pass it over would give the pod wrong files.

    """
    secrets = frozenset(annotations.names())
    matches = [(name, keys.find(name)) for name in sorted(annotations.texts)]
    for name, match in matches:
        if match is not None and not _is_text_of_file_secret(*match, secrets):
            _check_one(name, annotations.texts[name], match[0])
    found = (warning for name, match in matches if (warning := _warning(name, match, secrets)))
    # Kubernetes shows 4 KiB of warnings, and to look for a suggestion takes time that a pod must not be able to
    # multiply.
    return tuple(itertools.islice(found, _WARNINGS))


def _check_one(name: str, text: str, key: Key) -> None:
    key.read(PREFIX + name, text)
    if key.support is Support.REFUSED and text.strip():
        raise PodError(
            f"annotation {PREFIX}{name} is not supported by this version",
            hint="it says what the files hold, so that the pod would start with wrong ones; remove it",
        )


def _warning(name: str, match: tuple[Key, str] | None, secrets: frozenset[str]) -> str | None:
    annotation = f"annotation {PREFIX}{name}"
    if match is None:
        suggestion = keys.nearest(name)
        return f"unknown {annotation}" + (f": did you mean {suggestion}?" if suggestion else "")
    key, suffix = match
    if _is_text_of_file_secret(key, suffix, secrets):
        return f"{annotation} is read as the template of the secret file-{suffix}"
    if key.support is Support.WARNED:
        return f"{annotation} has no effect in this version"
    if key.name in _PER_SECRET and suffix not in secrets:
        return f"{annotation} has no effect: there is no {PREFIX}agent-inject-secret-{suffix}"
    return None


def _is_text_of_file_secret(key: Key, suffix: str, secrets: frozenset[str]) -> bool:
    return key.name == "agent-inject-template-file-" and f"file-{suffix}" in secrets
