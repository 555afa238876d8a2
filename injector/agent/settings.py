"""What a configuration says, as values (pure).

Times are seconds, modes are numbers, paths are as they are in the agent's container.

Named tuples and not dataclasses, as elsewhere: each dataclass costs half a millisecond to define, and all of these
together would be a tenth of the time in which an init container gets a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["init", "sidecar", "native"]
DefaultTemplate = Literal["map", "json"]
ProxyToken = Literal["false", "true", "force"]

LAUNCHER: Final = "/usr/local/bin/sealer-launch"


class VaultSettings(NamedTuple):
    """The part ``vault``; what is None is left to the environment."""

    address: str
    namespace: str | None = None
    ca_cert: str | None = None
    tls_skip_verify: bool | None = None
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    tls_server_name: str | None = None
    proxy: str | None = None
    timeout: float | None = None
    max_retries: int | None = None

    def __repr__(self) -> str:
        return f"VaultSettings({self.address!r})"  # not the proxy: it may hold a password


class AuthSettings(NamedTuple):
    """The part ``auth``.

    Attributes:
        kind: The method.
        mount_path: Where it is mounted, with ``auth/``.
        params: The method's own settings.
        namespace: Where it is mounted, if not where the secrets are.
        min_backoff: The first wait after a login that failed; None for the agent's.
        max_backoff: The longest wait; None for the agent's.
        exit_on_error: Whether a staying agent ends when a login fails.
        wrap_ttl: How long the wrapped token lives that the sinks get instead of a token; empty for none.

    """

    kind: str
    mount_path: str
    params: Mapping[str, str]
    namespace: str | None = None
    min_backoff: float | None = None
    max_backoff: float | None = None
    exit_on_error: bool = False
    wrap_ttl: str = ""

    def __repr__(self) -> str:
        return f"AuthSettings({self.kind!r}, {self.mount_path!r})"  # not the params: some methods' are credentials


class Signal(NamedTuple):
    """A signal for the processes of a name."""

    process: str
    number: int


class Access(NamedTuple):
    """Who may read a file.

    Attributes:
        mode: Its mode; None for 0644 or, if the file is there, the mode it has.
        user: Name or number of its owner; empty for the agent's.
        group: Name or number of its group; empty for the agent's.

    """

    mode: int | None = None
    user: str = ""
    group: str = ""


class Custom(NamedTuple):
    """A template of the user's.

    Attributes:
        contents: Its text; None where it is in a file.
        source: The file.
        delimiters: What begins and what ends an action; empty for the usual ones.
        error_on_missing_key: Whether a missing key is an error.

    """

    contents: str | None = None
    source: str | None = None
    delimiters: tuple[str, str] = ("", "")
    error_on_missing_key: bool = False

    def __repr__(self) -> str:
        return f"Custom(source={self.source!r})"  # not the contents: people write secrets into templates


class TemplateSettings(NamedTuple):
    """One file to write.

    Attributes:
        name: The secret's name in the annotations.
        path: Vault path; None only where `custom` is there, which names its own.
        destination: Absolute path of the file.
        default_template: How to print the secret.
        access: Who may read the file.
        custom: A template of the user's; None for the default template.
        command: What to run after a change; empty for nothing.
        command_timeout: How long it may take.
        signal: What to send after a change.

    """

    name: str
    path: str | None
    destination: str
    default_template: DefaultTemplate
    access: Access = Access()
    custom: Custom | None = None
    command: str = ""
    command_timeout: float = 30.0
    signal: Signal | None = None


class EnvVariable(NamedTuple):
    """A variable, or all fields of a secret as variables.

    Attributes:
        name: Of the variable; empty where there is a prefix.
        path: Vault path; None where there is a template.
        key: The field; empty for all.
        prefix: Before the name of each field.
        custom: A template whose output is the value.

    """

    name: str = ""
    path: str | None = None
    key: str = ""
    prefix: str = ""
    custom: Custom | None = None


class EnvFile(NamedTuple):
    """A file of environment variables, for the launcher."""

    path: str
    variables: tuple[EnvVariable, ...]
    access: Access = Access(0o400)


class Sink(NamedTuple):
    """A file that holds the token."""

    path: str
    mode: int = 0o640


class Listener(NamedTuple):
    """A door for the application at 127.0.0.1.

    Attributes:
        port: Where.
        quits: Whether it may ask the agent to end.
        proxy: Whether requests to Vault are passed on: None for no, else when the agent's token is added.

    """

    port: int
    quits: bool = False
    proxy: ProxyToken | None = None


class Launcher(NamedTuple):
    """The launcher of processes with environment files: where it is, and where it goes."""

    destination: str
    source: str = LAUNCHER


class Refresh(NamedTuple):
    """When to look again, and what to do when it fails.

    Attributes:
        static_interval: Between two looks at what has no lease.
        threshold: Which part of a lease passes before what cannot be renewed is asked for again.
        max_connections: How many requests are under way side by side.
        exit_on_failure: Whether a staying agent ends when a secret cannot be had for long.

    """

    static_interval: float = 300.0
    threshold: float = 0.9
    max_connections: int = 10
    exit_on_failure: bool = True


class AgentConfig(NamedTuple):
    """The whole configuration.

    Attributes:
        mode: ``init`` ends after the first generation; ``sidecar`` and ``native`` stay.
        vault: The server.
        auth: The login.
        templates: The files.
        env_files: Files of environment variables; they belong to the same generation.
        refresh: When to look again.
        retry_for: How long faults that heal by themselves are borne; None for the agent's.
        folders: Mount paths of volumes that are the agent's to arrange: their files switch together.
        sinks: Files for the token.
        listener: A door for the application.
        revoke_on_shutdown: Whether token and leases end with the agent.
        revoke_grace: How long after the request to end.
        handover: A file by which the init container's agent leaves its token to the sidecar's.
        launcher: What to copy for environment files.
        ready_file: What shows that the first generation is complete.
        log_level: What is reported; None for the environment's.
        log_format: ``standard`` or ``json``; None for the environment's.

    """

    mode: Mode
    vault: VaultSettings
    auth: AuthSettings
    templates: tuple[TemplateSettings, ...]
    env_files: tuple[EnvFile, ...] = ()
    refresh: Refresh = Refresh()
    retry_for: float | None = None
    folders: tuple[str, ...] = ()
    sinks: tuple[Sink, ...] = ()
    listener: Listener | None = None
    revoke_on_shutdown: bool = False
    revoke_grace: float = 5.0
    handover: str | None = None
    launcher: Launcher | None = None
    ready_file: str | None = None
    log_level: str | None = None
    log_format: str | None = None

    @property
    def stays(self) -> bool:
        """Whether the agent goes on after the first generation."""
        return self.mode != "init"
