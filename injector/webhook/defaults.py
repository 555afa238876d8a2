"""The defaults of every namespace, held ready: a review must not wait for the API server.

A ConfigMap of one name, in any namespace, has the defaults of that namespace; the one in the injector's own namespace
has those of all. They are watched by that name alone, which is all that RBAC has to permit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from injector.webhook import logs, namespace_defaults
from sealer.apiserver.observe import Changed, Collection, Deleted, Listed, observe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sealer.apiserver.observe import Watchable

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass
class Defaults:
    """What the ConfigMaps say.

    Attributes:
        name: Of the ConfigMaps.
        everywhere: The namespace whose ConfigMap is for all namespaces.
        known: Whether they have been listed once.

    """

    name: str
    everywhere: str
    known: bool = False
    _by_namespace: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    _merged: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def of(self, namespace: str) -> Mapping[str, str]:
        """Return the annotations that apply to the pods of a namespace which do not have them themselves."""
        everywhere, own = (self._by_namespace.get(one) for one in (self.everywhere, namespace))
        if own is None:
            # Not kept by its name: whoever reaches the port may ask about any number of namespaces.
            return everywhere or _NOTHING
        found = self._merged.get(namespace)
        if found is None:
            found = self._merged[namespace] = {**(everywhere or _NOTHING), **own}
        return found

    async def follow(self, client: Watchable) -> None:
        """Follow the ConfigMaps, for ever."""
        selector = f"metadata.name={self.name}"
        async for seen in observe(client, Collection("/api/v1/configmaps", "", field_selector=selector)):
            match seen:
                case Listed(objects):
                    self.listed(objects)
                case Changed(changed):
                    self.changed(changed)
                case Deleted(deleted):
                    self.deleted(deleted)

    def listed(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Take in all ConfigMaps that there are."""
        self._by_namespace.clear()
        self.known = True
        for one in objects:
            self.changed(one)
        self._merged.clear()

    def changed(self, one: Mapping[str, Any]) -> None:
        """Take in one that is new or changed; what is wrong with it is logged, and left out."""
        namespace = one["metadata"]["namespace"]
        read = namespace_defaults.read(one.get("data") or {})
        for problem in read.problems:
            logs.problem("default passed over", namespace=namespace, configmap=self.name, problem=problem)
        self._by_namespace[namespace] = read.annotations
        self._merged.clear()

    def deleted(self, one: Mapping[str, Any]) -> None:
        """Forget one."""
        self._by_namespace.pop(one["metadata"]["namespace"], None)
        self._merged.clear()
