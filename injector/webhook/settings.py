"""The webhook's settings: everything that a flag of ``sealer-injector`` decides about the pods it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sealer import __version__

if TYPE_CHECKING:
    from injector.webhook.own_values import FlavourName
    from injector.webhook.values import DefaultTemplate

DEFAULT_AGENT_IMAGE: Final = f"sealer-agent:{__version__}"
# The existing injector's default (reference, vault-agent-injector 4.1).
DEFAULT_VAULT_IMAGE: Final = "hashicorp/vault:2.0.4"


@dataclass(frozen=True)
class Resources:
    """The limits or the requests of a container, as Kubernetes quantities; None leaves one out."""

    cpu: str | None
    memory: str | None
    ephemeral_storage: str | None = None


@dataclass(frozen=True)
class Settings:
    """What applies to every pod unless its annotations, or the defaults of its namespace, say otherwise.

    The defaults are those of the existing injector (reference, vault-agent-injector 4.1), but for the image, and for
    the size of the memory volumes, which the existing injector does not limit.

    Attributes:
        vault_address: URL of Vault as the pods reach it.
        auth_path: Mount of the login method, with ``auth/`` in front.
        ca_cert_bytes: Vault's CA, PEM or base64 of PEM, for the agents' environment.
        flavour: Whose agent pods get: ours (``sealer``), or that of Vault and OpenBao (``vault``).
        agent_image: The image of the flavour ``sealer``.
        vault_image: The image of the flavour ``vault``.
        native_sidecar: Whether one init container that stays takes the place of init container and sidecar.
        token_audience: Audience of a service account token projected for the agent; None to take the pod's own token
            where it has one.
        token_expiration: How long a token projected for the agent is valid, in seconds; the kubelet renews it.
        auth_min_backoff: A Go duration, as the other texts that annotations of the same name hold; None for the
            agent's default.
        secrets_size_limit: Size limit of each memory volume, a quantity. What is in a memory volume counts as memory of
            the container that wrote it: the limit is half of the agent's memory limit, so that a template that does not
            end is stopped by the volume and not by the kernel, and one pod cannot use up the node's memory.

    """

    vault_address: str
    vault_namespace: str | None = None
    auth_type: str = "kubernetes"
    auth_path: str = "auth/kubernetes"
    proxy_address: str | None = None
    ca_cert_bytes: str | None = None
    flavour: FlavourName = "sealer"
    agent_image: str = DEFAULT_AGENT_IMAGE
    vault_image: str = DEFAULT_VAULT_IMAGE
    native_sidecar: bool = False
    token_audience: str | None = None
    token_expiration: int = 3600
    run_as_user: int = 100
    run_as_group: int = 1000
    run_as_same_user: bool = False
    set_security_context: bool = True
    limits: Resources = field(default=Resources("500m", "128Mi"))
    requests: Resources = field(default=Resources("250m", "64Mi"))
    secrets_size_limit: str | None = "64Mi"
    default_template: DefaultTemplate = "map"
    exit_on_retry_failure: bool = True
    static_secret_render_interval: str | None = None
    max_connections_per_host: int = 0
    lease_renewal_threshold: float | None = None
    auth_min_backoff: str | None = None
    auth_max_backoff: str | None = None
    disable_idle_connections: str | None = None
    disable_keep_alives: str | None = None
    revoke_on_shutdown: bool = False
