"""Whose agent a pod gets: ours (``sealer``), or the one in the images of Vault and OpenBao (``vault``).

A flavour makes the command, the environment and the configuration of one of the agent's containers. Everything else
about the container, and about the pod, is the same for all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from injector.webhook import own_values, sealer_flavour, vault_flavour
from injector.webhook.keys import OWN_PREFIX, PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from injector.webhook.annotations import Annotations
    from injector.webhook.own_values import FlavourName
    from injector.webhook.process import Process
    from injector.webhook.request import InjectionRequest, Part
    from injector.webhook.settings import Settings

_KEY: Final = "agent-flavor"
# The repositories of the images that HashiCorp and OpenBao publish.
_VAULT_IMAGE: Final = re.compile(r"(?:.*/)?(vault|openbao)(-(enterprise|ubi|hsm|fips)[a-z0-9-]*)?([:@].*)?")
_PROCESSES: Final[dict[FlavourName, Callable[[InjectionRequest, Part], Process]]] = {
    "sealer": sealer_flavour.process,
    "vault": vault_flavour.process,
}
_WARNINGS: Final[dict[FlavourName, Callable[[InjectionRequest], Iterator[str]]]] = {
    "sealer": sealer_flavour.warnings,
    "vault": vault_flavour.warnings,
}


def choose(annotations: Annotations, settings: Settings) -> tuple[FlavourName, str | None]:
    """Choose the flavour of a pod.

    A pod that names Vault's image, or a ConfigMap in the language of Vault's agent, is meant for that agent: it gets
    it, so that it starts as it did before.

    Returns:
        The flavour, and a warning where the pod does not name it and did not get that of the settings.

    Raises:
        AnnotationError: The annotation names no flavour.

    """
    named = annotations.own.get(_KEY)
    if named is not None:
        return own_values.flavour(OWN_PREFIX + _KEY, named), None
    sign = _sign_of_vault(annotations)
    if sign is None or settings.flavour == "vault":
        return settings.flavour, None
    return "vault", f"{sign}, so the pod gets Vault's agent; set {OWN_PREFIX}{_KEY} to vault to say so, or to sealer"


def process(request: InjectionRequest, part: Part) -> Process:
    """Make the process of one of the agent's containers.

    Raises:
        PodError: The flavour cannot do what the pod asks for.

    """
    return _PROCESSES[request.flavour](request, part)


def warnings(request: InjectionRequest) -> Iterator[str]:
    """List what the flavour has to say about a request."""
    return _WARNINGS[request.flavour](request)


def _sign_of_vault(annotations: Annotations) -> str | None:
    if annotations.optional("agent-configmap"):
        return f"annotation {PREFIX}agent-configmap names a configuration of Vault's agent"
    if _VAULT_IMAGE.fullmatch(annotations.text("agent-image", "")):
        return f"annotation {PREFIX}agent-image names an image of Vault's agent"
    return None
