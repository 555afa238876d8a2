"""What is mounted where: looked up once for all threads."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from injector.vault import kv

if TYPE_CHECKING:
    from collections.abc import Callable


class Mounts:
    """The mounts that are known.

    Args:
        look_up: Asks Vault what is mounted at a path; None where it would not say, which is asked again the next time:
            a policy may be on its way.

    """

    def __init__(self, look_up: Callable[[str], kv.Mount | None]) -> None:
        self._look_up = look_up
        self._known: tuple[kv.Mount, ...] = ()
        self._looking: dict[str, Lock] = {}

    def at(self, path: str) -> kv.Mount | None:
        """Return the mount that a path lies in; None where Vault would not say.

        Raises:
            VaultError: What `look_up` raises.

        """
        if (known := self._find(path)) is not None:
            return known
        # Paths of one mount begin alike, so whoever waits here most likely finds that the answer is in.
        with self._looking.setdefault(path.partition("/")[0], Lock()):
            if (known := self._find(path)) is not None:
                return known
            found = self._look_up(path)
            if found is not None:
                self._known = (*self._known, found)
            return found

    def _find(self, path: str) -> kv.Mount | None:
        return next((mount for mount in self._known if kv.holds(mount, path)), None)
