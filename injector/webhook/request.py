"""What one pod asks for: its annotations over the settings, as one frozen value with every rule already checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from injector.errors import AnnotationError, PodError
from injector.webhook import annotations as annotated
from injector.webhook import destinations, token, values
from injector.webhook.keys import PREFIX
from injector.webhook.settings import Resources, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.annotations import Annotations
    from injector.webhook.pod import Pod
    from injector.webhook.token import TokenMount
    from injector.webhook.values import DefaultTemplate


@dataclass(frozen=True)
class SecretFile:
    """One file to be written: where the secret is in Vault, and how and where it is rendered.

    Attributes:
        name: The suffix of its annotations, in their case.
        path: Where the secret is in Vault, as in the annotation; None for a template that names its own.
        folder: Where the memory volume of the file is mounted.
        destination: The file: absolute, clean, below the folder.
        contents: The user's template; None for the default template.
        permissions: In octal; None for the agent's default.
        left_delimiter: What begins an action of the user's template; None for the usual one.
        right_delimiter: What ends it; None for the usual one.
        error_on_missing_key: Whether the user's template fails where it names a key that is not there.

    """

    name: str
    path: str | None
    folder: str
    destination: str
    contents: str | None = field(repr=False)
    default_template: DefaultTemplate
    permissions: str | None
    left_delimiter: str | None
    right_delimiter: str | None
    error_on_missing_key: bool


@dataclass(frozen=True)
class VaultServer:
    """The Vault server that the agent talks to."""

    address: str
    namespace: str | None
    ca_cert: str | None
    tls_skip_verify: bool


@dataclass(frozen=True)
class Login:
    """How the agent logs in: the method's type and mount (with ``auth/``), the role, the token."""

    auth_type: str
    mount_path: str
    role: str
    token: TokenMount


@dataclass(frozen=True)
class AgentSettings:
    """What the agent's container is made of."""

    image: str
    run_as_user: int
    run_as_group: int
    limits: Resources
    requests: Resources
    log_level: str


@dataclass(frozen=True)
class InjectionRequest:
    """Everything that one pod asks for.

    Attributes:
        init: Whether an init container fetches the secrets before the pod's containers start.
        folder: Where the pod's memory volume is mounted.
        secrets: Sorted by name.
        containers: Names of the containers that get the files; None for all.
        tls_secret: Name of the Kubernetes Secret with Vault's CA, mounted in the agent's container.

    """

    namespace: str
    init: bool
    folder: str
    secrets: tuple[SecretFile, ...]
    containers: frozenset[str] | None
    vault: VaultServer
    login: Login
    agent: AgentSettings
    tls_secret: str | None

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are memory volumes: the pod's own first, then those of single secrets, sorted."""
        others = {secret.folder for secret in self.secrets} - {self.folder}
        return (self.folder, *sorted(others))


def build(pod: Pod, namespace: str, settings: Settings) -> tuple[InjectionRequest, tuple[str, ...]]:
    """Build the request of a pod.

    Args:
        pod: The pod as it was sent.
        namespace: The namespace of the admission request.
        settings: What applies where the pod says nothing.

    Returns:
        The request, and warnings for the user.

    Raises:
        AnnotationError: An annotation's value is not what its key allows.
        PodError: Something that the injection needs is missing, or two secrets want the same file.

    """
    annotations = annotated.select(pod.annotations or {})
    warnings = annotated.check(annotations)
    secrets = tuple(_secret(annotations, name, settings) for name in annotations.names())
    destinations.check_distinct((secret.name, secret.destination) for secret in secrets)
    request = InjectionRequest(
        namespace=annotations.required("agent-request-namespace", namespace, "namespace"),
        init=_init(annotations),
        folder=destinations.folder(annotations),
        secrets=secrets,
        containers=_containers(annotations),
        vault=_vault(annotations, settings),
        login=_login(annotations, pod, settings),
        agent=_agent(annotations, settings),
        tls_secret=annotations.optional("tls-secret"),
    )
    return request, (*warnings, *_request_warnings(annotations, request, pod))


def _secret(annotations: Annotations, name: str, settings: Settings) -> SecretFile:
    path = annotations.text(f"agent-inject-secret-{name}", "")
    permissions_key = f"agent-inject-perms-{name}"
    template_key = "agent-inject-default-template"
    return SecretFile(
        name=name,
        path=path if path.strip() else None,
        folder=destinations.folder(annotations, name),
        destination=destinations.destination(annotations, name),
        contents=annotations.template(name),
        default_template=values.default_template(
            PREFIX + template_key, annotations.text(template_key, settings.default_template)
        ),
        permissions=values.permissions(PREFIX + permissions_key, annotations.text(permissions_key, "")),
        left_delimiter=annotations.optional(f"agent-template-left-delim-{name}"),
        right_delimiter=annotations.optional(f"agent-template-right-delim-{name}"),
        error_on_missing_key=annotations.flag(f"error-on-missing-key-{name}", default=False),
    )


def _init(annotations: Annotations) -> bool:
    init = annotations.flag("agent-pre-populate", default=True)
    if not init and not annotations.flag("agent-pre-populate-only", default=False):
        # The pod would run without its secrets, and a warning is seen by nobody when a ReplicaSet makes the pod.
        raise PodError(
            f"annotation {PREFIX}agent-pre-populate is false, so it asks for a sidecar alone: not supported yet",
            hint="remove the annotation: the secrets are then fetched once, before the containers start",
        )
    return init


def _containers(annotations: Annotations) -> frozenset[str] | None:
    chosen = annotations.texts.get("agent-inject-containers")
    # Container names hold no spaces: to trim them finds every container that the existing injector would, and more.
    return None if chosen is None else frozenset(name.strip() for name in chosen.split(",")) - {""}


def _vault(annotations: Annotations, settings: Settings) -> VaultServer:
    return VaultServer(
        address=annotations.required("service", settings.vault_address, "Vault address"),
        namespace=annotations.text("namespace", settings.vault_namespace or "") or None,
        ca_cert=annotations.optional("ca-cert"),
        tls_skip_verify=annotations.flag("tls-skip-verify", default=False),
    )


def _login(annotations: Annotations, pod: Pod, settings: Settings) -> Login:
    auth_type = annotations.required("auth-type", settings.auth_type, "Vault auth type")
    if auth_type != "kubernetes":
        raise AnnotationError(PREFIX + "auth-type", auth_type, "kubernetes in this version")
    return Login(
        auth_type=auth_type,
        token=token.detect(pod, annotations.texts.get(token.ANNOTATION)),
        role=annotations.required("role", "", "Vault role"),
        mount_path=annotations.required("auth-path", settings.auth_path, "Vault auth path"),
    )


def _agent(annotations: Annotations, settings: Settings) -> AgentSettings:
    return AgentSettings(
        image=annotations.required("agent-image", settings.agent_image, "agent image"),
        run_as_user=_identity(annotations, "agent-run-as-user", settings.run_as_user),
        run_as_group=_identity(annotations, "agent-run-as-group", settings.run_as_group),
        limits=_resources(annotations, "agent-limits", settings.limits),
        requests=_resources(annotations, "agent-requests", settings.requests),
        log_level=annotations.text("log-level", "info"),
    )


def _identity(annotations: Annotations, key: str, default: int) -> int:
    text = annotations.texts.get(key)
    return default if text is None else values.identity(PREFIX + key, text)


def _resources(annotations: Annotations, key: str, default: Resources) -> Resources:
    def one(resource: str, usual: str | None) -> str | None:
        text = annotations.texts.get(f"{key}-{resource}")
        return usual if text is None else values.quantity(f"{PREFIX}{key}-{resource}", text)

    return Resources(one("cpu", default.cpu), one("mem", default.memory), one("ephemeral", default.ephemeral_storage))


def _request_warnings(annotations: Annotations, request: InjectionRequest, pod: Pod) -> Iterator[str]:
    if not annotations.flag("agent-pre-populate-only", default=False):
        yield "no sidecar is injected by this version: the secrets are fetched once, before the containers start"
    if request.containers is not None:
        for name in sorted(request.containers - {container.name for container in pod.containers}):
            yield f'annotation {PREFIX}agent-inject-containers names "{name}", which is no container of the pod'
    for secret in request.secrets:
        yield from destinations.absolute_file_warnings(annotations, secret.name)
        if secret.contents is None:
            yield from _template_warnings(annotations, secret.name)


def _template_warnings(annotations: Annotations, name: str) -> Iterator[str]:
    for key in ("agent-template-left-delim-", "agent-template-right-delim-", "error-on-missing-key-"):
        if annotations.optional(f"{key}{name}"):
            yield f"annotation {PREFIX}{key}{name} has no effect: there is no {PREFIX}agent-inject-template-{name}"
