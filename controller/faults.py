"""The last line of defence: an error that nobody thought of, in the work on one object, ends that work and no more."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Final

from controller.logs import fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from controller.manifests import Key

_LOG: Final = logging.getLogger(__name__)


class contained:  # noqa: N801 - reads as a verb's form where it is used, as `contextlib.suppress`
    """Log an unexpected error in a block and go on after it.

    Such an error is a bug of ours. It must not end the controller, which has other objects to care for; and its message
    may quote what it was about, so only its type and the places in the code are logged.

    Args:
        key: The object that the block works on.
        on_fault: Called after such an error.

    """

    def __init__(self, key: Key, on_fault: Callable[[], object]) -> None:
        self._key = key
        self._on_fault = on_fault

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        # What is no `Exception` asks the program to end, or the task.
        if kind is None or error is None or not issubclass(kind, Exception):
            return False
        places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
        about = fields({"metadata": self._key._asdict()}, error=kind.__name__, at=" < ".join(reversed(places)))
        _LOG.error("an unexpected error; please report it", extra=about)
        self._on_fault()
        return True
