"""What one pod asks for: frozen values in which every rule about annotations is applied; `assemble` makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from injector.webhook.json_patch import Change
    from injector.webhook.own_values import FlavourName, SecretField, Signal
    from injector.webhook.settings import Resources
    from injector.webhook.token import TokenMount
    from injector.webhook.values import DefaultTemplate
    from injector.webhook.wire import JsonObject

# ``native`` is one init container with restartPolicy Always that does the work of the two others.
Part = Literal["init", "sidecar", "native"]


@dataclass(frozen=True)
class SecretFile:
    """One file to be written: where the secret is in Vault, and how and where it is rendered.

    Attributes:
        name: The suffix of its annotations, in their case.
        path: Where the secret is in Vault, as in the annotation; None for a template that names its own.
        folder: Where the memory volume of the file is mounted.
        destination: The file: absolute, clean, below the folder.
        contents: The user's template; None for the template of `source`, or the default template.
        source: A file with the user's template in the agent's container.
        permissions: In octal; None for the agent's default.
        left_delimiter: What begins an action of the user's template; None for the usual one.
        right_delimiter: What ends it; None for the usual one.
        error_on_missing_key: Whether the user's template fails where it names a key that is not there.
        command: What the agent runs after the file changed, as the user wrote it.
        signal: What the agent sends to whom after the file changed.

    """

    name: str
    path: str | None
    folder: str
    destination: str
    contents: str | None = field(repr=False)
    source: str | None
    default_template: DefaultTemplate
    permissions: str | None
    left_delimiter: str | None
    right_delimiter: str | None
    error_on_missing_key: bool
    command: str | None = field(repr=False)
    signal: Signal | None


@dataclass(frozen=True)
class VaultServer:
    """The Vault server that the agent talks to. The texts are the annotations'; None where there is none."""

    address: str
    namespace: str | None
    ca_cert: str | None
    ca_path: str | None
    ca_cert_bytes: str | None
    client_cert: str | None
    client_key: str | None
    tls_server_name: str | None
    tls_skip_verify: bool
    proxy_address: str | None
    client_timeout: str | None
    client_max_retries: str | None


@dataclass(frozen=True)
class Login:
    """How the agent logs in.

    Attributes:
        mount_path: With ``auth/``.
        role: None where the pod names none, which only some methods allow.
        parameters: The texts of ``auth-config-`` by their names with underscores, sorted; `role` is not among them
            where it is given, nor the path of `token`.
        namespace: Where it differs from the server's.
        token: The service account token; None where none is needed or there is none.
        cloud_token: A mount with a cloud's own service account token (IRSA), for the method ``aws``.
        variables: Environment variables of the application's containers that the method ``aws`` needs too.

    """

    auth_type: str
    mount_path: str
    role: str | None
    parameters: tuple[tuple[str, str], ...] = field(repr=False)
    namespace: str | None
    token: TokenMount | None
    cloud_token: JsonObject | None
    variables: tuple[JsonObject, ...] = field(repr=False)
    min_backoff: str | None
    max_backoff: str | None
    exit_on_error: bool


@dataclass(frozen=True)
class AgentSettings:
    """What the agent's containers are made of."""

    image: str
    run_as_user: int
    run_as_group: int
    security_context: bool
    limits: Resources
    requests: Resources
    log_level: str
    log_format: str
    go_max_procs: str | None
    init_patch: tuple[Change, ...]
    sidecar_patch: tuple[Change, ...]


@dataclass(frozen=True)
class Engine:
    """What the agent does with templates, leases and connections. Texts stand as in the annotations."""

    exit_on_retry_failure: bool
    static_secret_render_interval: str | None
    max_connections_per_host: int
    lease_renewal_threshold: float | None
    disable_idle_connections: tuple[str, ...]
    disable_keep_alives: tuple[str, ...]
    cache: bool
    cache_port: str
    cache_use_auto_auth_token: str
    cache_exit_on_error: bool
    quit: bool
    telemetry: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class EnvFile:
    """The environment variables that containers get from secrets.

    Attributes:
        path: The file that the agent writes and the launcher reads.
        permissions: In octal.
        fields: Variables by name, sorted, and the field of a secret that each is.
        secrets: Pairs of a prefix and a secret's path: each field of the secret is a variable.
        containers: Names of the containers that get them; no container is in two files.

    """

    path: str
    permissions: str
    fields: tuple[tuple[str, SecretField], ...]
    secrets: tuple[tuple[str, str], ...]
    containers: frozenset[str]


@dataclass(frozen=True)
class InjectionRequest:
    """Everything that one pod asks for.

    Attributes:
        parts: The agent's containers; none where the pod wants none.
        init_first: Whether the init container comes before the pod's own; None where the pod does not say.
        folder: Where the pod's memory volume is mounted.
        secrets: Sorted by name.
        containers: Names of the containers that get the files; None for all.
        size_limit: Of each memory volume, a quantity.
        token_file: Where Vault's token is written for the application; None for nowhere.
        tls_secret: Name of the Kubernetes Secret with Vault's CA, mounted in the agent's containers.
        extra_secret: Name of the Kubernetes Secret mounted for the user's own files.
        configmap: Name of the ConfigMap with the agent's configuration.
        copied_mounts: Mounts of one of the pod's containers that the agent's containers get, too.
        revoke_grace: Seconds between the pod's end and the revocation of the token; None for no revocation.
        share_process_namespace: None where the pod's annotations do not say.

    """

    namespace: str
    flavour: FlavourName
    parts: tuple[Part, ...]
    init_first: bool | None
    folder: str
    secrets: tuple[SecretFile, ...]
    containers: frozenset[str] | None
    size_limit: str | None
    vault: VaultServer
    login: Login
    agent: AgentSettings
    engine: Engine
    token_file: str | None
    env_files: tuple[EnvFile, ...]
    tls_secret: str | None
    extra_secret: str | None
    configmap: str | None
    copied_mounts: tuple[JsonObject, ...]
    revoke_grace: int | None
    share_process_namespace: bool | None

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are memory volumes: the pod's own first, then those of single secrets, sorted."""
        others = {secret.folder for secret in self.secrets} - {self.folder}
        return (self.folder, *sorted(others))
