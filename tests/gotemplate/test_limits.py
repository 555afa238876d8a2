"""No template takes more than it may have, whatever is in it, and each says where it was stopped."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sealer.gotemplate import ExecError, LimitError, Limits, ParseError, parse
from tests.gotemplate.value_functions import VALUES

TIGHT = Limits(output=10_000, steps=5_000, depth=50, seconds=2)

GREEDY = {
    "a long loop": "{{range 1000000000}}{{end}}",
    "loops within loops": "{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}",
    "a long loop that only continues": "{{range 1000000000}}{{continue}}{{end}}",
    "a template that calls itself": '{{define "t"}}{{template "t"}}{{end}}{{template "t"}}',
    "two templates that call each other": '{{define "a"}}{{template "b"}}{{end}}'
    '{{define "b"}}{{template "a"}}{{end}}{{template "a"}}',
    "templates that double": "".join(
        f'{{{{define "t{n}"}}}}{{{{template "t{n + 1}"}}}}{{{{template "t{n + 1}"}}}}{{{{end}}}}' for n in range(40)
    )
    + '{{define "t40"}}{{end}}{{template "t0"}}',
    "much output": "{{range 100000}}a long line of text\n{{end}}",
    "text that doubles": '{{$x := "ab"}}{{range 64}}{{$x = print $x $x}}{{end}}',
    "text that doubles by printf": '{{$x := "ab"}}{{range 64}}{{$x = printf "%s%s" $x $x}}{{end}}',
    "a wide number": '{{printf "%1000000d" 1}}',
    "many wide numbers": '{{printf "%9000d%9000d%9000d" 1 2 3}}',
    "a precise number": '{{printf "%.1000000f" 1.5}}',
    "a list that is shared": "{{$x := anys 1 1}}{{range 40}}{{$x = anys $x $x}}{{end}}{{print $x}}",
    "a list that is shared, as an action": "{{$x := anys 1 1}}{{range 40}}{{$x = anys $x $x}}{{end}}{{$x}}",
    "much text that is kept": '{{range $i := 5000}}{{template "t" (printf "%9000d" $i)}}{{end}}{{define "t"}}{{end}}',
    "a list within a list within a list": "{{$x := anys}}{{range 4000}}{{$x = anys $x}}{{end}}{{print $x}}",
    "a list within a list, as an action": "{{$x := anys}}{{range 4000}}{{$x = anys $x}}{{end}}{{$x}}",
}


@pytest.mark.parametrize("template", GREEDY.values(), ids=GREEDY)
def test_a_greedy_template_is_stopped(template: str) -> None:
    begin = time.monotonic()
    with pytest.raises(LimitError) as caught:
        parse("greedy", template, functions=VALUES).render(None, limits=TIGHT)
    assert time.monotonic() - begin < TIGHT.seconds + 1
    assert caught.value.name == "greedy"
    assert str(caught.value).startswith("template: greedy:")


@pytest.mark.parametrize("name", ["a template that calls itself", "text that doubles", "much output", "a long loop"])
def test_the_usual_limits_stop_it_too(name: str) -> None:
    template = GREEDY[name]
    begin = time.monotonic()
    try:
        output = parse("greedy", template, functions=VALUES).render(None)
    except LimitError:
        output = ""
    assert len(output) <= Limits().output
    assert time.monotonic() - begin < Limits().seconds + 1


def test_the_clock_stops_what_takes_few_steps() -> None:
    template = parse("slow", "{{range 100000}}{{printf `%.5000f` 0.1 | len}}{{end}}")
    begin = time.monotonic()
    with pytest.raises(LimitError, match=r"takes longer than 0\.2 seconds"):
        template.render(None, limits=Limits(seconds=0.2, steps=10_000_000, output=1 << 30))
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize(
    "text",
    [
        "{{" + "(" * 5000 + "1" + ")" * 5000 + "}}",
        "{{if true}}" * 5000 + "{{end}}" * 5000,
        "{{if false}}" + "{{else if false}}" * 5000 + "{{end}}",
        "{{print " + "(print " * 3000 + "1" + ")" * 3000 + "}}",
        '{{block "a" .}}' * 3000 + "{{end}}" * 3000,
    ],
)
def test_deep_nesting_is_an_error_and_not_a_crash(text: str) -> None:
    with pytest.raises(ParseError, match="max expression depth exceeded"):
        parse("deep", text)


@pytest.mark.parametrize(
    "text",
    [
        "{{" + "(" * 90 + "1" + ")" * 90 + "}}",
        "{{if true}}" * 110 + "1" + "{{end}}" * 110,
        "{{if false}}" + "{{else if false}}" * 280 + "{{else}}1{{end}}",
        "{{print " + "(print " * 90 + "1" + ")" * 90 + "}}",
    ],
)
def test_nesting_as_deep_as_anybody_writes_it_works(text: str) -> None:
    assert parse("deep", text).render(None) == "1"


def test_an_error_deep_within_shows_its_place() -> None:
    text = "{{if true}}" * 100 + "{{len 3}}" + "{{end}}" * 100
    with pytest.raises(ExecError, match="len of type int"):
        parse("deep", text).render(None)


def test_a_hundred_templates_within_each_other_work() -> None:
    text = '{{define "t"}}{{if .n}}{{.v}}{{template "t" .n}}{{end}}{{end}}{{template "t" .}}'
    data: Any = {}
    for _ in range(90):
        data = {"v": "x", "n": data}
    assert parse("tree", text).render(data) == "x" * 89


def test_data_that_is_nested_deeper_than_python_goes_is_an_error() -> None:
    data: Any = []
    for _ in range(5000):
        data = [data]
    with pytest.raises(LimitError, match="nests too deeply"):
        parse("deep", "{{.}}").render(data)


def test_an_ordinary_template_stays_far_below_the_limits() -> None:
    text = "{{range .}}{{printf `%s=%v` .name .value}}\n{{end}}"
    data = json.loads(json.dumps([{"name": f"n{at}", "value": at} for at in range(1000)]))
    assert parse("plain", text).render(data, limits=Limits(steps=5000, output=50_000)).count("\n") == 1000
