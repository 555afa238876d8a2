"""Warnings about a whole request: what is allowed, works, and is probably not what the user means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from injector.webhook import connection, destinations, launching
from injector.webhook.keys import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.annotations import Annotations
    from injector.webhook.pod import Pod
    from injector.webhook.request import InjectionRequest, SecretFile

_TEMPLATE_KEYS: Final = ("agent-template-left-delim-", "agent-template-right-delim-", "error-on-missing-key-")
# terminationGracePeriodSeconds of a pod that does not say.
_USUAL_GRACE: Final = 30


def warnings(annotations: Annotations, request: InjectionRequest, pod: Pod) -> Iterator[str]:
    """List the warnings about a request.

    Args:
        annotations: The pod's.
        request: What was made of them.
        pod: The pod without the agent's containers.

    """
    yield from _containers(annotations, request, pod)
    if "native" in request.parts and request.agent.init_patch:
        yield f"annotation {PREFIX}agent-init-json-patch has no effect: a native sidecar takes {PREFIX}agent-json-patch"
    yield from _login(request)
    yield from _end(request, pod)
    for secret in request.secrets:
        yield from destinations.absolute_file_warnings(annotations, secret.name)
        yield from _template(annotations, secret)
    yield from launching.warnings(annotations, request.env_files, pod)


def _containers(annotations: Annotations, request: InjectionRequest, pod: Pod) -> Iterator[str]:
    names = {container.name for container in pod.containers}
    for name in sorted((request.containers or frozenset()) - names):
        yield f'annotation {PREFIX}agent-inject-containers names "{name}", which is no container of the pod'
    copied = annotations.optional("agent-copy-volume-mounts")
    if copied is not None and copied not in names:
        yield f'annotation {PREFIX}agent-copy-volume-mounts names "{copied}", which is no container of the pod'


def _login(request: InjectionRequest) -> Iterator[str]:
    login = request.login
    if request.flavour != "sealer" or request.configmap is not None:
        return
    given = {name for name, _ in login.parameters} | ({"role"} if login.role else set())
    for name in sorted(given - connection.PARAMETERS[login.auth_type] - {"role", "token_path"}):
        key = f"{PREFIX}auth-config-{name.replace('_', '-')}"
        yield f"annotation {key} has no effect: the login by {login.auth_type} has no such parameter for our own agent"
    missing = connection.REQUIRED.get(login.auth_type)
    if missing is not None and missing not in given:
        key = "role" if missing == "role" else f"auth-config-{missing.replace('_', '-')}"
        yield f"the login by {login.auth_type} cannot work without the annotation {PREFIX}{key}"


def _end(request: InjectionRequest, pod: Pod) -> Iterator[str]:
    grace: Any = pod.spec.get("terminationGracePeriodSeconds", _USUAL_GRACE)
    stays = {"sidecar", "native"} & set(request.parts)
    if request.revoke_grace is not None and stays and isinstance(grace, int) and request.revoke_grace >= grace:
        yield (
            f"annotation {PREFIX}agent-revoke-grace is {request.revoke_grace} s, and the pod's "
            f"terminationGracePeriodSeconds {grace}: the agent is killed before it revokes its token"
        )


def _template(annotations: Annotations, secret: SecretFile) -> Iterator[str]:
    if secret.contents is not None or secret.source is not None:
        return
    for key in _TEMPLATE_KEYS:
        if annotations.optional(f"{key}{secret.name}"):
            template = f"{PREFIX}agent-inject-template-{secret.name}"
            yield f"annotation {PREFIX}{key}{secret.name} has no effect: there is no {template}"
    # Only by its path can a secret be known here to be of KV version 2.
    if secret.path is not None and "/data/" in secret.path:
        yield (
            f'the file of the secret "{secret.name}" holds data and metadata as KV version 2 keeps them; '
            f"for its fields alone, write {PREFIX}agent-inject-template-{secret.name}"
        )
