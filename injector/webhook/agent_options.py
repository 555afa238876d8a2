"""What the agent's containers are made of, and what the agent does with templates: annotations over settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from injector.errors import PodError
from injector.webhook import values
from injector.webhook.keys import PREFIX
from injector.webhook.request import AgentSettings, Engine
from injector.webhook.settings import Resources

if TYPE_CHECKING:
    from injector.webhook.annotations import Annotations
    from injector.webhook.json_patch import Change
    from injector.webhook.own_values import FlavourName
    from injector.webhook.pod import Pod
    from injector.webhook.settings import Settings

_RUN_AS = ("agent-run-as-user", "agent-run-as-group", "agent-run-as-same-user")


def container(annotations: Annotations, pod: Pod, settings: Settings, flavour: FlavourName) -> AgentSettings:
    """Read what the agent's containers are made of.

    Raises:
        AnnotationError: A value is not what its key allows.
        PodError: There is no image; the pod does not say which user the agent is to share.

    """
    image = settings.agent_image if flavour == "sealer" else settings.vault_image
    return AgentSettings(
        image=annotations.required("agent-image", image, "agent image"),
        run_as_user=_user(annotations, pod, settings),
        run_as_group=_identity(annotations, "agent-run-as-group", settings.run_as_group),
        security_context=_security_context(annotations, settings),
        limits=_resources(annotations, "agent-limits", settings.limits),
        requests=_resources(annotations, "agent-requests", settings.requests),
        log_level=annotations.text("log-level", "info"),
        log_format=annotations.text("log-format", "standard"),
        go_max_procs=annotations.optional("go-max-procs"),
        init_patch=_patch(annotations, "agent-init-json-patch"),
        sidecar_patch=_patch(annotations, "agent-json-patch"),
    )


def engine(annotations: Annotations, settings: Settings) -> Engine:
    """Read what the agent does with templates, leases and connections.

    Raises:
        AnnotationError: A value is not what its key allows.

    """
    return Engine(
        exit_on_retry_failure=annotations.flag(
            "template-config-exit-on-retry-failure", default=settings.exit_on_retry_failure
        ),
        static_secret_render_interval=annotations.optional(
            "template-static-secret-render-interval", settings.static_secret_render_interval
        ),
        max_connections_per_host=_connections(annotations, settings),
        lease_renewal_threshold=_threshold(annotations, settings),
        disable_idle_connections=_list(
            annotations, "agent-disable-idle-connections", settings.disable_idle_connections
        ),
        disable_keep_alives=_list(annotations, "agent-disable-keep-alives", settings.disable_keep_alives),
        cache=annotations.flag("agent-cache-enable", default=False),
        cache_port=annotations.text("agent-cache-listener-port", "8200"),
        cache_use_auto_auth_token=annotations.text("agent-cache-use-auto-auth-token", "true"),
        cache_exit_on_error=annotations.flag("agent-cache-exit-on-err", default=False),
        quit=annotations.flag("agent-enable-quit", default=False),
        telemetry=tuple(
            (name.replace("-", "_"), _decoded(text)) for name, text in annotations.suffixes("agent-telemetry-")
        ),
    )


def _user(annotations: Annotations, pod: Pod, settings: Settings) -> int:
    if annotations.flag("agent-run-as-same-user", default=settings.run_as_same_user):
        return _user_of_first_container(pod)
    return _identity(annotations, "agent-run-as-user", settings.run_as_user)


def _user_of_first_container(pod: Pod) -> int:
    what = "so the agent cannot run as the same user"
    hint = f"set securityContext.runAsUser of the first container, or remove {PREFIX}agent-run-as-same-user"
    if not pod.containers:
        raise PodError(f"the pod has no containers, {what}", hint=hint)
    first = pod.containers[0]
    context = first.manifest.get("securityContext")
    user = context.get("runAsUser") if isinstance(context, dict) else None
    if not isinstance(user, int) or isinstance(user, bool):
        raise PodError(f'the container "{first.name}" has no securityContext with a runAsUser, {what}', hint=hint)
    if user == 0:
        raise PodError(f'the container "{first.name}" runs as root, and the agent must not be the same user')
    return user


def _identity(annotations: Annotations, key: str, default: int) -> int:
    text = annotations.texts.get(key)
    return default if text is None else values.identity(PREFIX + key, text)


def _security_context(annotations: Annotations, settings: Settings) -> bool:
    # Who names a user wants a security context, also where the settings are for a platform that makes its own.
    named = any(key in annotations.texts for key in _RUN_AS)
    return annotations.flag("agent-set-security-context", default=settings.set_security_context or named)


def _resources(annotations: Annotations, key: str, default: Resources) -> Resources:
    def one(resource: str, usual: str | None) -> str | None:
        text = annotations.texts.get(f"{key}-{resource}")
        return usual if text is None else values.quantity(f"{PREFIX}{key}-{resource}", text)

    return Resources(one("cpu", default.cpu), one("mem", default.memory), one("ephemeral", default.ephemeral_storage))


def _patch(annotations: Annotations, key: str) -> tuple[Change, ...]:
    return values.json_patch(PREFIX + key, annotations.text(key, ""))


def _connections(annotations: Annotations, settings: Settings) -> int:
    key = "template-max-connections-per-host"
    text = annotations.texts.get(key)
    return settings.max_connections_per_host if text is None else values.integer(PREFIX + key, text)


def _threshold(annotations: Annotations, settings: Settings) -> float | None:
    key = "template-lease-renewal-threshold"
    text = annotations.texts.get(key)
    return settings.lease_renewal_threshold if text is None else values.floating(PREFIX + key, text)


def _list(annotations: Annotations, key: str, default: str | None) -> tuple[str, ...]:
    words = (word.strip() for word in annotations.text(key, default or "").split(","))
    return tuple(word for word in words if word)


def _decoded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
