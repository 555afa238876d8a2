"""The part of the patch that puts the agent's containers into a pod, and takes those of an earlier injection out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.errors import PodError
from injector.webhook.annotations import CONTAINERS
from injector.webhook.volumes import covers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from injector.webhook.pod import Container, Pod
    from injector.webhook.request import Part
    from injector.webhook.wire import JsonObject, Operation


def ours(pod: Pod) -> frozenset[str]:
    """List the containers that an earlier injection put into the pod, by what it wrote into an annotation."""
    return frozenset(pod.annotation(CONTAINERS).split(",")) - {""}


def build(
    pod: Pod, agents: Mapping[Part, JsonObject], earlier: frozenset[str], *, init_first: bool | None
) -> Iterator[Operation]:
    """Build the operations.

    The init container comes last of all, or first where the pod says so; a native sidecar behind the pod's own native
    sidecars, which may be its network, and before all other init containers behind those, which so have the files. The
    sidecar comes last.

    Args:
        pod: The pod as it was sent.
        agents: The containers wanted.
        earlier: The names of those that an earlier injection put into the pod.
        init_first: What the pod says about the place of the init container.

    Raises:
        PodError: The pod has a container of the name of one of the agent's.

    """
    _check_names(pod, agents, earlier)
    init = agents.get("native") or agents.get("init")
    left = [container for container in pod.init_containers or () if container.name not in earlier]
    place = _place(left, native="native" in agents, init_first=init_first)
    yield from _list("initContainers", pod.init_containers, init, earlier, place)
    yield from _list("containers", pod.containers, agents.get("sidecar"), earlier, None)


def in_the_way(what: str) -> PodError:
    """Make the error about something in the pod that the injection cannot be put beside."""
    return PodError(
        f"the pod already has {what}", hint="rename it, or remove the annotations that ask for the injection"
    )


def pointer(*names: str | int) -> str:
    """Make a JSON Pointer (RFC 6901) of member names and indices."""
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def append(path: str, items: Sequence[JsonObject], *, present: bool) -> Iterator[Operation]:
    """Append to a list, which may not be there."""
    # "add" at "/-" of a missing list is an error, and at a list that is there would replace it (RFC 6902, 4.1).
    if not items:
        return
    if present:
        for item in items:
            yield {"op": "add", "path": path + "/-", "value": item}
    else:
        yield {"op": "add", "path": path, "value": list(items)}


def _check_names(pod: Pod, agents: Mapping[Part, JsonObject], earlier: frozenset[str]) -> None:
    wanted = {agent["name"] for agent in agents.values()}
    for what, present in (("a container", pod.containers), ("an init container", pod.init_containers or ())):
        for container in present:
            if container.name in wanted - earlier:
                raise in_the_way(f'{what} named "{container.name}"')


def _place(left: Sequence[Container], *, native: bool, init_first: bool | None) -> int | None:
    """Give the index of the init container among the pod's own; None for behind them."""
    if init_first:
        return 0
    if not native or init_first is not None:
        return None
    stay = [index for index, container in enumerate(left) if container.manifest.get("restartPolicy") == "Always"]
    return stay[-1] + 1 if stay else 0


def _list(
    member: str,
    present: Sequence[Container] | None,
    agent: JsonObject | None,
    earlier: frozenset[str],
    place: int | None,
) -> Iterator[Operation]:
    """Put the agent's container into one of the lists, and take out what an earlier injection put there."""
    there = False
    # From behind, so that what is taken out does not move what is still to be looked at.
    for index, container in reversed(list(enumerate(present or ()))):
        if container.name not in earlier:
            continue
        if agent is None or container.name != agent["name"]:
            yield {"op": "remove", "path": pointer("spec", member, index)}
            continue
        there = True
        if not covers(container.manifest, agent):
            yield {"op": "replace", "path": pointer("spec", member, index), "value": agent}
    if agent is None or there:
        return
    if place is None or not present:
        yield from append(pointer("spec", member), [agent], present=present is not None)
    else:
        yield {"op": "add", "path": pointer("spec", member, place), "value": agent}
