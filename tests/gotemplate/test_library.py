"""Sealer's own side of templates: registries, services, threads, errors with their places."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sealer.gotemplate import (
    Context,
    ExecError,
    FunctionError,
    ParseError,
    Registry,
    Services,
    decode,
    encode,
    from_json,
    parse,
    values,
)


class Shelf:
    def read(self, path: str) -> str:
        return f"<{path}>"


def registry() -> Registry:
    functions = Registry()

    @functions.add("read", "func(string) (string, error)", context=True)
    def read(context: Context, path: str) -> str:
        return context.service(Shelf).read(path)

    @functions.add("count", "func() int64", context=True)
    def count(context: Context) -> int:
        seen = context.store("seen", list[int])
        seen.append(1)
        return len(seen)

    @functions.add("render", "func(string, any) (string, error)", context=True)
    def render(context: Context, name: str, dot: object) -> str:
        return context.execute(name, dot)

    @functions.add("now", "func() int64", context=True)
    def now(context: Context) -> int:
        return context.clock()

    @functions.add("wrapping", "func() int64")
    def wrapping() -> int:
        return 1 << 63

    return functions


def test_functions_get_the_services_of_their_rendering() -> None:
    template = parse("t", '{{read "a"}} {{now}}', functions=registry())
    services = Services(clock=lambda: 7, provided={Shelf: Shelf()})
    assert template.render(None, services=services) == "<a> 7"


def test_a_service_that_nobody_gave_is_an_error_at_its_place() -> None:
    with pytest.raises(ExecError, match=r"t:2:2: executing .* error calling read: it is not available here"):
        parse("t", '\n{{read "a"}}', functions=registry()).render(None)


def test_a_store_lives_for_one_rendering() -> None:
    template = parse("t", "{{count}}{{count}}", functions=registry())
    assert template.render(None) == "12"
    assert template.render(None) == "12"


def test_a_function_can_render_another_template() -> None:
    template = parse("t", '{{define "x"}}[{{.}}]{{end}}{{render "x" 1 | printf "%q"}}', functions=registry())
    assert template.render(None) == '"[1]"'


def test_a_function_that_renders_the_template_it_stands_in_is_stopped() -> None:
    with pytest.raises(ExecError, match=r"exceeded maximum template depth|nests too deeply"):
        parse("t", '{{define "x"}}{{render "x" .}}{{end}}{{template "x"}}', functions=registry()).render(None)


def test_rendering_a_template_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ExecError, match="no such template"):
        parse("t", '{{render "nope" .}}', functions=registry()).render(None)


def test_results_wrap_around_as_in_go() -> None:
    assert parse("t", "{{wrapping}}", functions=registry()).render(None) == "-9223372036854775808"


def test_registries_join_and_leave_out_and_rename() -> None:
    functions = Registry.join(registry().without("now"), registry().prefixed("my_"))
    assert "now" not in functions
    assert "my_now" in functions
    with pytest.raises(ValueError, match="cannot be added to"):
        functions.add("x", "func() int")


def test_a_signature_that_is_none_is_refused() -> None:
    for signature in ("int", "func(", "func(int)", "func(int) (int, int)", "func(a b c) int", "func(map[int) int"):
        with pytest.raises((ValueError, KeyError)):
            Registry().add("x", signature)


def test_one_template_renders_in_many_threads_at_once() -> None:
    loop = '{{$x := .n}}{{range $i, $e := .l}}{{$x = printf "%v%v" $x $e}}{{end}}'
    text = loop + '{{template "t" $x}}{{define "t"}}[{{.}}]{{end}}'
    template = parse("main", text)
    data: list[Any] = [{"n": n, "l": list(range(50))} for n in range(64)]
    alone = [template.render(each) for each in data]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(template.render, data)) == alone


def test_errors_know_their_place() -> None:
    with pytest.raises(ParseError) as parsing:
        parse("name", "line\n{{nope}}")
    assert (parsing.value.name, parsing.value.line, parsing.value.column) == ("name", 2, None)
    with pytest.raises(ExecError) as executing:
        parse("name", "line\né{{.a.b}}").render({"a": 1})
    assert (executing.value.name, executing.value.line, executing.value.column) == ("name", 2, 6)
    assert executing.value.exit_code == 3


def test_bytes_that_are_not_text_pass_through() -> None:
    raw = bytes(range(256))
    assert encode(parse("t", "{{.v}}").render({"v": decode(raw)})) == raw


def test_json_becomes_what_encoding_json_makes_of_it() -> None:
    decoded = from_json(json.loads('{"i": 1, "big": 12345678901234567890, "t": "\\ud800x", "l": [null, true]}'))
    assert decoded == {"i": 1.0, "big": 12345678901234567890.0, "t": "\ufffdx", "l": [None, True]}
    assert type(decoded["i"]) is float


def test_what_is_not_json_is_refused() -> None:
    for given in ({1: 2}, {"a": object()}, 10**400, (1,)):
        with pytest.raises(FunctionError):
            from_json(given)


def test_a_map_of_strings_gives_the_empty_string_for_a_missing_key_when_asked_to() -> None:
    data = values.string_map({"a": "x"})
    assert parse("t", "{{.a}}{{.b}}").render(data) == "x<no value>"
    assert parse("t", "{{.a}}{{.b}}", missingkey="zero").render(data) == "x"
