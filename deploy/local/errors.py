"""What goes wrong while parts are built and processes run.

::

    SealerError
    ├── PartError       a real part cannot be found or built
    ├── ProcessError    a process does not start, or dies
    └── ServiceError    (sealer.errors) a started part refuses a request
"""

from __future__ import annotations

from sealer.errors import SealerError


class PartError(SealerError):
    """A real part cannot be found or built."""


class ProcessError(SealerError):
    """A process does not start, dies at start, or does not become ready."""
