from __future__ import annotations

import threading

import pytest

from injector.vault.side_by_side import side_by_side
from sealer.errors import SealerError


def failing(error: BaseException) -> int:
    raise error


def test_results_come_in_order_and_errors_of_ours_are_results() -> None:
    error = SealerError("no")
    actions = [lambda: 1, lambda: failing(error), lambda: 3]
    for workers in (1, 2, 8):
        assert side_by_side(actions, workers) == [1, error, 3]


def test_nothing_to_do_is_nothing() -> None:
    assert side_by_side([], 4) == []


def test_none_is_a_result() -> None:
    assert side_by_side([lambda: None] * 3, 2) == [None] * 3


@pytest.mark.parametrize("workers", [1, 4])
def test_what_nobody_foresaw_is_raised(workers: int) -> None:
    actions = [lambda: 1] * 5 + [lambda: failing(ZeroDivisionError("unforeseen"))] + [lambda: 1] * 5
    with pytest.raises(ZeroDivisionError, match="unforeseen"):
        side_by_side(actions, workers)


def test_as_many_as_allowed_work_at_a_time() -> None:
    lock, running, most = threading.Lock(), 0, 0
    together = threading.Barrier(3, timeout=30)

    def action() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1

    side_by_side([action] * 6, 3)
    assert most == 3
