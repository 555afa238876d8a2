"""Secrets as environment variables: for which containers, and how their commands are wrapped.

The agent writes the variables to a file in a memory volume and puts a launcher beside it; a container's command becomes
the launcher's, which reads the file, sets the variables and becomes the original command. Kubernetes appends the
container's ``args`` itself. Nothing is looked up in an image registry, so a container has to say its command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from injector.errors import PodError
from injector.webhook import variables
from injector.webhook.keys import OWN_PREFIX
from injector.webhook.request import EnvFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from injector.webhook.annotations import Annotations
    from injector.webhook.pod import Container, Pod

FOLDER: Final = "/sealer"
LAUNCHER: Final = "/sealer/launch"
FILE: Final = "/sealer/env"
_WRAPPING: Final = 4  # the launcher, --env-file, the file, --


def read(annotations: Annotations, pod: Pod, files_in: frozenset[str] | None, agent_user: int) -> tuple[EnvFile, ...]:
    """Read what a pod wants as environment variables.

    Args:
        annotations: The pod's.
        pod: The pod without the agent's containers.
        files_in: The containers that get the files; None for all.
        agent_user: The agent's user id.

    Returns:
        One file for the containers that get the same variables, and one for each with references of its own.

    Raises:
        AnnotationError: A value is not what its key allows.
        PodError: A container's reference is none.

    """
    fields, secrets = dict(variables.fields(annotations)), tuple(variables.secrets(annotations))
    permissions = _permissions(pod, agent_user)
    references = variables.references(annotations, pod, _chosen(annotations, pod, files_in))
    made = []
    common = _chosen(annotations, pod, files_in) - references.keys()
    if (fields or secrets) and (common or not references):
        made.append(EnvFile(FILE, permissions, tuple(sorted(fields.items())), secrets, common))
    for name, own in sorted(references.items()):
        both = tuple(sorted({**own, **fields}.items()))
        made.append(EnvFile(f"{FILE}-{name}", permissions, both, secrets, frozenset({name})))
    return tuple(made)


def split(names: str) -> frozenset[str]:
    """Read a comma list of containers. Their names hold no spaces, so those around a comma are none of theirs."""
    return frozenset(name.strip() for name in names.split(",")) - {""}


def wrapped(container: Container, env_files: Sequence[EnvFile]) -> tuple[str, ...]:
    """Give the command that a container is to have; empty for none.

    Raises:
        PodError: The container is to get variables, and says no command.

    """
    command = _original(container)
    env_file = next((one for one in env_files if container.name in one.containers), None)
    if env_file is None:
        return command
    if not command:
        raise PodError(
            f'the container "{container.name}" has no command, so its environment cannot be set from secrets',
            hint=f"give its image's ENTRYPOINT as its command, or leave it out of {OWN_PREFIX}env-containers",
        )
    return (LAUNCHER, "--env-file", env_file.path, "--", *command)


def warnings(annotations: Annotations, env_files: Sequence[EnvFile], pod: Pod) -> Iterator[str]:
    """Warn of what a user may expect of variables that come from secrets, and they do not do."""
    names = {container.name for container in pod.containers}
    for missing in sorted(split(annotations.own.get("env-containers", "")) - names):
        yield f'annotation {OWN_PREFIX}env-containers names "{missing}", which is no container of the pod'
    for container in pod.containers:
        words = " ".join((*_original(container), *_texts(container.manifest.get("args"))))
        for env_file in env_files:
            for name, _ in env_file.fields if container.name in env_file.containers else ():
                if f"$({name})" in words:
                    yield (
                        f'the container "{container.name}" uses $({name}) in its command: Kubernetes replaces that '
                        "before the variable is set from the secret"
                    )


def _chosen(annotations: Annotations, pod: Pod, files_in: frozenset[str] | None) -> frozenset[str]:
    chosen = annotations.own.get("env-containers")
    if chosen is not None:
        return split(chosen)
    return frozenset(container.name for container in pod.containers) if files_in is None else files_in


def _permissions(pod: Pod, agent_user: int) -> str:
    """Give the narrowest permissions with which the application can read a file of the agent's.

    The same user: its alone. With an fsGroup, Kubernetes makes the volume the group's, and all containers members.
    Else everyone's; the volume is in the chosen containers alone.
    """
    context = _object(pod.spec.get("securityContext"))
    users = {
        _object(container.manifest.get("securityContext")).get("runAsUser", context.get("runAsUser"))
        for container in pod.containers
    }
    if users == {agent_user}:
        return "0400"
    return "0444" if context.get("fsGroup") is None else "0440"


def _original(container: Container) -> tuple[str, ...]:
    command = _texts(container.manifest.get("command"))
    ours = command[:2] == (LAUNCHER, "--env-file") and command[3:_WRAPPING] == ("--",)
    return command[_WRAPPING:] if ours else command


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
