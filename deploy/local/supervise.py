"""Run a command that dies with its parent, even when the parent is killed with SIGKILL.

Started as a plain script (`python -I -S supervise.py PARENT SIGNAL COMMAND ...`) so that it costs a few milliseconds
and needs nothing installed. It asks the kernel (Linux, `man 2 PR_SET_PDEATHSIG`) for a signal at the death of its
parent and then becomes the command: there is no second process to watch, and none to leak. On other systems there is no
such request; there the owner still stops its processes when it ends in any way that lets it act.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then become the command.

    Args:
        arguments: Parent's process id, number of the signal wanted at its death, and the command.

    """
    parent, signal_number, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        # The parent may have died before the request: then nobody will ever tell us.
        if os.getppid() != int(parent):
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted: this process becomes the command


if __name__ == "__main__":
    main(sys.argv[1:])
