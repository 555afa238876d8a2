"""Many requests at the same time."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from sealer.errors import SealerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")


def side_by_side(actions: Sequence[Callable[[], _T]], workers: int) -> list[_T | SealerError]:
    """Call every action, `workers` at a time, and return what came of each, in their order.

    Threads of the interpreter's own pool would be waited for at exit; these end with the process, so that a signal
    need not wait for a Vault that does not answer.

    Args:
        actions: What to do.
        workers: How many at a time; at least 1.

    Raises:
        BaseException: What an action raised, unless it was a `SealerError`: those are results.

    """
    done: dict[int, _T | SealerError] = {}
    left = iter(enumerate(actions))
    lock = Lock()
    unforeseen: list[BaseException] = []

    def work() -> None:
        while not unforeseen:
            with lock:
                turn = next(left, None)
            if turn is None:
                return
            try:
                done[turn[0]] = _outcome(turn[1])
            except BaseException as error:
                unforeseen.append(error)
                raise

    def work_beside() -> None:
        # What it ends with is raised below, where somebody sees it.
        with suppress(BaseException):
            work()

    threads = [Thread(target=work_beside, daemon=True) for _ in range(min(workers, len(actions)) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if unforeseen:
        raise unforeseen[0]
    return [done[index] for index in range(len(actions))]


def _outcome(action: Callable[[], _T]) -> _T | SealerError:
    try:
        return action()
    except SealerError as error:
        return error
