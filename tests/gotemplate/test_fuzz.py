"""Random templates do in Sealer what they do in Go. `python -m tests.gotemplate.fuzz` goes on for longer."""

from __future__ import annotations

import itertools

import pytest

from tests.gotemplate.fuzz import batches, differences, seeds

SEED = 20261121
BATCHES = 12


@pytest.mark.real
def test_random_templates_agree_with_go() -> None:
    found = [find for batch in itertools.islice(batches(SEED, seeds()), BATCHES) for find in differences(batch)]
    assert not found
