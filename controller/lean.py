"""Keeping the process small and quick to start: four measures, each with its measurement.

None of them changes what the controller does; where one does not apply, nothing is lost.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# Three generations; Python's own are 700, 10 and 10, for programs that make fewer objects that live on.
_THRESHOLDS: Final = (20_000, 20, 50)
_M_ARENA_MAX: Final = -8


@contextmanager
def without_system_certificates() -> Iterator[None]:
    """Keep a block from loading the system's certificates.

    aiohttp makes two TLS contexts when it is imported, for those who give it none, and reads all certificates of the
    system into one: 40 ms and 2 MB. Every session of ours has a context of its own (`connection.tls_context`), which is
    not touched by this; one that had none would trust nobody.
    """
    before = {name: os.environ.get(name) for name in _CERTIFICATES}
    os.environ.update(dict.fromkeys(_CERTIFICATES, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def few_arenas() -> None:
    """Have the C library keep one pool of memory for all threads, of which only one at a time runs Python anyway: 1 MB.

    glibc only (https://man7.org/linux/man-pages/man3/mallopt.3.html).
    """
    if sys.platform == "linux":
        option = getattr(ctypes.CDLL(None), "mallopt", None)
        if option is not None:
            option(_M_ARENA_MAX, 1)


def settle_imports() -> None:
    """Take what was imported out of the garbage collector's sight, and have it look less often.

    The modules live as long as we do, and each full collection looks at all their 200,000 objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def give_back_memory() -> None:
    """Return to the system what was freed: the C library keeps it after the lists of a start-up pass.

    glibc only (https://man7.org/linux/man-pages/man3/malloc_trim.3.html); musl does it by itself.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
