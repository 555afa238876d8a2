"""The webhook's settings: everything that a flag of ``sealer-injector`` decides about the pods it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sealer import __version__

if TYPE_CHECKING:
    from injector.webhook.values import DefaultTemplate

DEFAULT_AGENT_IMAGE: Final = f"sealer-agent:{__version__}"


@dataclass(frozen=True)
class Resources:
    """The limits or the requests of a container, as Kubernetes quantities; None leaves one out."""

    cpu: str | None
    memory: str | None
    ephemeral_storage: str | None = None


@dataclass(frozen=True)
class Settings:
    """What applies to every pod unless its annotations say otherwise.

    The defaults are those of the existing injector (reference, vault-agent-injector 4.1), but for the image, and for
    the size of the memory volume, which the existing injector does not limit.

    Attributes:
        vault_address: URL of Vault as the pods reach it.
        auth_path: Mount of the login method, with ``auth/`` in front.
        secrets_size_limit: Size limit of each memory volume, a quantity. Memory volumes count as the pod's memory, so
            that without a limit one secret's template could use up the node's.

    """

    vault_address: str
    vault_namespace: str | None = None
    auth_type: str = "kubernetes"
    auth_path: str = "auth/kubernetes"
    agent_image: str = DEFAULT_AGENT_IMAGE
    run_as_user: int = 100
    run_as_group: int = 1000
    limits: Resources = field(default=Resources("500m", "128Mi"))
    requests: Resources = field(default=Resources("250m", "64Mi"))
    secrets_size_limit: str | None = "64Mi"
    default_template: DefaultTemplate = "map"
