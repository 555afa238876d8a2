"""Functions that are refused say why, whatever they are called with."""

from __future__ import annotations

import pytest

from sealer.gotemplate import ExecError
from sealer.gotemplate.consul import parse_template, render_with
from sealer.gotemplate.consul.refused import REASONS
from tests.gotemplate.consul.memory import MemoryReader


@pytest.mark.parametrize("name", sorted(REASONS))
@pytest.mark.parametrize("arguments", ["", ' "a"', ' 1 nil "b"'])
def test_calling_one_is_an_error_with_the_reason(name: str, arguments: str) -> None:
    with pytest.raises(ExecError) as caught:
        render_with(parse_template(f"{{{{ {name}{arguments} }}}}"), MemoryReader())
    assert str(caught.value).endswith(f"error calling {name}: {REASONS[name]}")


@pytest.mark.parametrize("name", sorted(REASONS))
def test_mentioning_one_without_calling_it_is_no_error(name: str) -> None:
    template = parse_template(f"{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}fine")
    assert render_with(template, MemoryReader()).output == b"fine"
