"""From a pod and the settings to the request: every annotation is read here, and every rule about them applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.errors import AnnotationError, PodError
from injector.webhook import (
    agent_options,
    connection,
    destinations,
    flavours,
    hints,
    launching,
    secret_files,
    templates,
    values,
)
from injector.webhook import annotations as annotated
from injector.webhook.keys import OWN_PREFIX, PREFIX
from injector.webhook.request import InjectionRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.webhook.annotations import Annotations
    from injector.webhook.own_values import FlavourName
    from injector.webhook.pod import Pod
    from injector.webhook.request import EnvFile, Part
    from injector.webhook.settings import Settings
    from injector.webhook.wire import JsonObject

_GRACE = "5"


def build(
    pod: Pod, namespace: str, settings: Settings, defaults: Mapping[str, str]
) -> tuple[InjectionRequest, tuple[str, ...]]:
    """Build the request of a pod.

    Args:
        pod: The pod without the agent's containers.
        namespace: The namespace of the admission request.
        settings: What applies where neither the pod nor its namespace says anything.
        defaults: Annotations that apply where the pod has none.

    Returns:
        The request, and warnings for the user.

    Raises:
        AnnotationError: An annotation's value is not what its key allows.
        PodError: Something that the injection needs is missing, or two secrets want the same file.

    """
    annotations = annotated.select(pod.annotations or {}, defaults)
    flavour, reason = flavours.choose(annotations, settings)
    warnings = annotated.check(annotations, flavour)
    request = _request(annotations, pod, namespace, settings, flavour)
    _check_signals(request, pod)
    return request, (
        *((reason,) if reason else ()),
        *warnings,
        *templates.check(request.secrets, flavour),
        *hints.warnings(annotations, request, pod),
        *flavours.warnings(request),
    )


def _request(
    annotations: Annotations, pod: Pod, namespace: str, settings: Settings, flavour: FlavourName
) -> InjectionRequest:
    configmap = annotations.optional("agent-configmap")
    configured = configmap is not None
    containers = _containers(annotations)
    agent = agent_options.container(annotations, pod, settings, flavour)
    parts = _parts(annotations, settings)
    return InjectionRequest(
        namespace=annotations.required("agent-request-namespace", namespace, "namespace"),
        flavour=flavour,
        parts=parts,
        init_first=_init_first(annotations),
        folder=destinations.folder(annotations),
        secrets=secret_files.read(annotations, settings),
        containers=containers,
        size_limit=_size_limit(annotations, settings),
        vault=connection.server(annotations, settings, configured=configured),
        login=connection.login(annotations, pod, settings, flavour, configured=configured),
        agent=agent,
        engine=agent_options.engine(annotations, settings),
        token_file=secret_files.token_file(annotations),
        env_files=_checked(launching.read(annotations, pod, containers, agent.run_as_user), flavour, parts),
        tls_secret=annotations.optional("tls-secret"),
        extra_secret=annotations.optional("agent-extra-secret"),
        configmap=configmap,
        copied_mounts=_copied(annotations, pod),
        revoke_grace=_revoke_grace(annotations, settings),
        share_process_namespace=_share_process_namespace(annotations, pod),
    )


def _check_signals(request: InjectionRequest, pod: Pod) -> None:
    shared = request.share_process_namespace
    if shared or (shared is None and pod.spec.get("shareProcessNamespace")):
        return
    for secret in request.secrets:
        if secret.signal is not None:
            raise PodError(
                f"the agent cannot send {secret.signal.name} to {secret.signal.process}, in another container",
                hint=f"set {PREFIX}agent-share-process-namespace, or remove {OWN_PREFIX}signal-{secret.name}",
            )


def _parts(annotations: Annotations, settings: Settings) -> tuple[Part, ...]:
    init = annotations.flag("agent-pre-populate", default=True)
    sidecar = not annotations.flag("agent-pre-populate-only", default=False)
    if init and sidecar:
        native = annotations.own_flag("native-sidecar", default=settings.native_sidecar)
        return ("native",) if native else ("init", "sidecar")
    return ("init",) if init else ("sidecar",) if sidecar else ()


def _init_first(annotations: Annotations) -> bool | None:
    said = "agent-init-first" in annotations.texts
    return annotations.flag("agent-init-first", default=False) if said else None


def _containers(annotations: Annotations) -> frozenset[str] | None:
    chosen = annotations.texts.get("agent-inject-containers")
    return None if chosen is None else launching.split(chosen)


def _size_limit(annotations: Annotations, settings: Settings) -> str | None:
    text = annotations.own.get("secrets-size-limit")
    return settings.secrets_size_limit if text is None else values.quantity(OWN_PREFIX + "secrets-size-limit", text)


def _checked(env_files: tuple[EnvFile, ...], flavour: FlavourName, parts: tuple[Part, ...]) -> tuple[EnvFile, ...]:
    if not env_files:
        return ()
    if flavour != "sealer":
        raise PodError(
            f"environment variables from secrets need our own agent, and the pod asks for {flavour}'s",
            hint=f"set {OWN_PREFIX}agent-flavor to sealer, or remove the annotations {OWN_PREFIX}env-…",
        )
    if not {"init", "native"} & set(parts):
        raise PodError(
            "environment variables from secrets need an agent that runs before the containers start",
            hint=f"remove {PREFIX}agent-pre-populate, or the annotations {OWN_PREFIX}env-…",
        )
    return env_files


def _copied(annotations: Annotations, pod: Pod) -> tuple[JsonObject, ...]:
    name = annotations.optional("agent-copy-volume-mounts")
    return tuple(
        manifest
        for container in pod.containers
        if container.name == name
        for manifest in container.manifest.get("volumeMounts") or ()
        if "serviceaccount" not in str(manifest.get("mountPath"))
    )


def _revoke_grace(annotations: Annotations, settings: Settings) -> int | None:
    grace = values.unsigned(PREFIX + "agent-revoke-grace", annotations.text("agent-revoke-grace", _GRACE))
    return grace if annotations.flag("agent-revoke-on-shutdown", default=settings.revoke_on_shutdown) else None


def _share_process_namespace(annotations: Annotations, pod: Pod) -> bool | None:
    key = "agent-share-process-namespace"
    if key not in annotations.texts:
        return None
    wanted = annotations.flag(key, default=False)
    if wanted and pod.spec.get("shareProcessNamespace") is False:
        raise AnnotationError(
            PREFIX + key, annotations.texts[key], "false here, as the pod itself says shareProcessNamespace: false"
        )
    return wanted
