"""What a process can do so that its memory, with private keys and values in it, stays off disks and out of sight."""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def keep_memory_private() -> None:
    """Have no core dump written, and let no other process of our user read our memory; once, and for good.

    A core dump would lie on a disk of the node with every key in it, and a debugger of the same user could read them
    from here. (Root on the node can all the same.) Where the system is not Linux, only the core dump is prevented. See
    https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # The return value is passed over: an old kernel or a strict seccomp filter is no reason not to start.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
