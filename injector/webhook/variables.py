"""Which environment variables a pod wants from secrets: by annotations, and by references in its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.errors import AnnotationError, PodError
from injector.webhook import own_values
from injector.webhook.keys import OWN_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.annotations import Annotations
    from injector.webhook.own_values import SecretField
    from injector.webhook.pod import Container, Pod


def fields(annotations: Annotations) -> Iterator[tuple[str, SecretField]]:
    """List the variables that are one field of a secret, by name.

    Raises:
        AnnotationError: A name is none of a variable, or a value not a field of a secret.

    """
    for name, text in annotations.own_suffixes("env-"):
        own_values.variable(f"{OWN_PREFIX}env-{name}", name)
        yield name, own_values.secret_field(f"{OWN_PREFIX}env-{name}", text)


def secrets(annotations: Annotations) -> Iterator[tuple[str, str]]:
    """List the secrets each field of which is a variable: the prefix of their names, and the secret's path.

    Raises:
        AnnotationError: A value is no path of a secret, or no beginning of a variable's name.

    """
    for name, path in annotations.own_suffixes("env-from-"):
        key = f"{OWN_PREFIX}env-from-{name}"
        if not path.strip("/ ") or "#" in path:
            raise AnnotationError(key, path, f"a secret's path; for one field of it use {OWN_PREFIX}env-VARIABLE")
        prefix_key = f"env-prefix-{name}"
        yield own_values.variable_prefix(OWN_PREFIX + prefix_key, annotations.own.get(prefix_key, "")), path


def references(annotations: Annotations, pod: Pod, chosen: frozenset[str]) -> dict[str, dict[str, SecretField]]:
    """Find the references in the variables of the chosen containers, where the pod asks for that.

    Returns:
        Variables by name, by the names of the containers that have any.

    Raises:
        AnnotationError: The annotation that asks is no boolean.
        PodError: A value begins as a reference, and is none.

    """
    if not annotations.own_flag("env-references", default=False):
        return {}
    found = {one.name: dict(_references(one)) for one in pod.containers if one.name in chosen}
    return {name: own for name, own in found.items() if own}


def _references(container: Container) -> Iterator[tuple[str, SecretField]]:
    entries = container.manifest.get("env")
    for entry in entries if isinstance(entries, list) else ():
        name, text = (entry.get("name"), entry.get("value")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(text, str):
            continue
        try:
            field = own_values.reference(text)
            if field is not None:
                yield own_values.variable("", name), field
        except AnnotationError:
            # Not chained, and without the value: variables of containers are not ours to show.
            raise PodError(
                f'the variable "{name}" of the container "{container.name}" begins with vault: and is no reference',
                hint=f"it must be vault:PATH#FIELD or vault:PATH#FIELD#VERSION; or remove {OWN_PREFIX}env-references",
            ) from None
