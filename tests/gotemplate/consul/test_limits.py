"""No function of consul-template lets a template run on or grow without bound."""

from __future__ import annotations

import time
from typing import Final

import pytest

from sealer.gotemplate import ExecError, LimitError, Limits
from sealer.gotemplate.consul import parse_template, render_with
from tests.gotemplate.consul.memory import MemoryReader

SMALL: Final = Limits(output=1 << 20, steps=100_000, seconds=5)
SELF: Final = (
    '{{ scratch.MapSet "m" "self" 1 }}{{ scratch.MapSet "m" "self" (scratch.Get "m") }}{{ scratch.Get "m" | %s }}'
)
SHARED: Final = (
    '{{ scratch.Set "m" 1 }}{{ range loop 60 }}{{ $m := scratch.Get "m" }}{{ scratch.Set "m" (%s) }}{{ end }}'
    '{{ scratch.Get "m" | %s }}'
)
WRITERS: Final = ("toJSON", "toYAML", "toTOML", "spew_sdump", 'spew_sprintf "%v"')
DEEP: Final = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize("writer", WRITERS)
def test_a_map_within_itself_is_refused(writer: str) -> None:
    with pytest.raises(ExecError, match=r"nests too deeply|encountered a cycle"):
        render_with(parse_template(SELF % writer), MemoryReader(), limits=SMALL)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("shared", ['sprig_dict "a" $m "b" $m', "sprig_list $m $m"])
def test_a_value_of_many_shared_parts_is_refused_soon(writer: str, shared: str) -> None:
    begin = time.monotonic()
    template = SHARED % (
        'sprig_dict "l" (sprig_list $m $m)' if writer == "toTOML" and "list" in shared else shared,
        writer,
    )
    with pytest.raises(LimitError):
        render_with(parse_template(template), MemoryReader(), limits=SMALL)
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    "contents",
    [
        "{{ range loop 10000000000 }}{{ end }}",
        '{{ "x" | indent 1000000000 }}',
        '{{ range loop 10 }}{{ "x" | indent 200000 | writeToFile "/a" "" "" "0644" "newline" }}{{ end }}',
        '{{ "x" | indent 500000 | replaceAll " " "xxxxxxxx" }}',
        '{{ "x" | indent 500000 | replaceAll "" "xxxxxxxx" }}',
        '{{ "x" | indent 100000 | replaceAll " " "a," | split "," | len }}',
        '{{ "x" | indent 500000 | toTitle }}',
        '{{ define "t" }}{{ executeTemplate "t" }}{{ end }}{{ executeTemplate "t" }}',
        '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
        f'{{{{ "{DEEP}" | parseYAML }}}}',
        (
            '{{ "[x,x,x,x,x,x,x,x]" | replaceAll "x" "[y,y,y,y,y,y,y,y]" | replaceAll "y" "[z,z,z,z,z,z,z,z]" '
            '| replaceAll "z" "[1,1,1,1,1,1,1,1,1,1,1]" | replaceAll "1" "[2,2,2,2,2]" | parseYAML | len }}'
        ),
    ],
)
def test_what_grows_or_runs_on_is_stopped(contents: str) -> None:
    with pytest.raises(LimitError):
        render_with(parse_template(contents), MemoryReader(), limits=SMALL)


def test_json_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(ExecError, match="exceeded max depth"):
        render_with(parse_template(f'{{{{ "{DEEP}" | parseJSON }}}}'), MemoryReader())


def test_a_key_of_too_many_parts_is_refused() -> None:
    with pytest.raises(ExecError, match="more than 100 parts"):
        render_with(parse_template('{{ explodeMap (sprig_dict (sprig_repeat 101 "a/") 1) }}'), MemoryReader())
