"""The default templates against the outputs of the existing agent (reference, vault-agent-injector 3.3 and 3.4)."""

from __future__ import annotations

import json
from random import Random  # noqa: TC003  # hypothesis reads the annotation
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.agent.render import format_go, render, to_json
from injector.providers import Number
from injector.vault.verbatim import decode

if TYPE_CHECKING:
    from injector.providers import Json

APP = (
    r'{"user":"bob","pass":"p<&>\"'
    r"'"
    r'w","port":5432,"big":12345678901234567890,"f":1.50,"ok":true,"none":null,'
    r'"lst":["a",1,{"x":"y"}],"nested":{"b":1,"a":"z"},"multi":"l1\nl2","b64":"aGVsbG8=","empty":""}'
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers().map(lambda n: Number(str(n))),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def document(text: str) -> dict[str, Json]:
    value = decode(text)
    assert isinstance(value, dict)
    return value


def test_version_1_prints_a_line_for_each_key() -> None:
    assert render(document('{"user":"bob","n":7,"ok":false}'), "map") == b"n: 7\nok: false\nuser: bob\n"


def test_version_2_prints_gos_maps() -> None:
    answer = document(
        '{"data":{"user":"bob","port":5432,"b64":"aGVsbG8="},"metadata":{"created_time":"2024-01-01T00:00:00.0Z",'
        '"custom_metadata":null,"deletion_time":"","destroyed":false,"version":3}}'
    )
    assert render(answer, "map") == (
        b"data: map[b64:aGVsbG8= port:5432 user:bob]\n"
        b"metadata: map[created_time:2024-01-01T00:00:00.0Z custom_metadata:<nil> deletion_time: destroyed:false "
        b"version:3]\n"
    )


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("big", "12345678901234567890"),
        ("f", "1.50"),
        ("ok", "true"),
        ("none", "<no value>"),
        ("lst", "[a 1 map[x:y]]"),
        ("nested", "map[a:z b:1]"),
        ("multi", "l1\nl2"),
        ("empty", ""),
        ("pass", "p<&>\"'w"),
    ],
)
def test_a_value_prints_as_in_go(key: str, printed: str) -> None:
    assert render({key: document(APP)[key]}, "map") == f"{key}: {printed}\n".encode()


def test_nulls_inside_are_nil() -> None:
    assert render(document('{"a":{"b":null,"c":[null]}}'), "map") == b"a: map[b:<nil> c:[<nil>]]\n"


def test_empty_collections_print_as_such() -> None:
    assert render(document('{"a":{},"b":[]}'), "map") == b"a: map[]\nb: []\n"


def test_an_empty_secret_prints_nothing_or_an_empty_object() -> None:
    assert render({}, "map") == b""
    assert render({}, "json") == b"{}\n"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ('"p<&>\\"\'w"', r'"p\u003c\u0026\u003e\"' + "'w" + '"'),
        ('"\\u2028\\u2029\\u0001\\b\\f\\n\\r\\t\\u007f\\\\/"', r'"\u2028\u2029\u0001\b\f\n\r\t' + "\x7f" + r'\\/"'),
        ('"ż🦀"', '"ż🦀"'),
        ('{"b":1.50,"a":[true,null,1e5]}', '{"a":[true,null,1e5],"b":1.50}'),
        ('{"<k>":{}}', r'{"\u003ck\u003e":{}}'),
    ],
)
def test_json_is_gos(text: str, printed: str) -> None:
    assert to_json(decode(text)) == printed


def test_the_json_template_ends_with_a_line_end() -> None:
    assert render(document('{"user":"bob","n":7}'), "json") == b'{"n":7,"user":"bob"}\n'


@given(VALUES)
def test_json_reads_back_as_what_it_was(value: Json) -> None:
    assert decode(to_json(value)) == value


@given(VALUES)
def test_json_is_safe_inside_of_html_and_one_line(value: Json) -> None:
    assert not set("<>&\n\u2028\u2029") & set(to_json(value))


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.randoms())
def test_the_order_of_keys_does_not_matter(values: dict[str, Json], chance: Random) -> None:
    keys = list(values)
    chance.shuffle(keys)
    shuffled = {key: values[key] for key in keys}
    assert render(shuffled, "map") == render(values, "map")
    assert render(shuffled, "json") == render(values, "json")


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_keys_come_in_byte_order(values: dict[str, str]) -> None:
    expected = [f"{key.decode()}:{values[key.decode()]}" for key in sorted(key.encode() for key in values)]
    assert format_go(dict(values)) == f"map[{' '.join(expected)}]"


@given(VALUES)
def test_a_nested_value_prints_as_it_does_alone(value: Json) -> None:
    assert format_go([value, {"k": value}]) == f"[{format_go(value)} map[k:{format_go(value)}]]"


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_plain_fields_print_in_both_templates(values: dict[str, str]) -> None:
    assert json.loads(render(dict(values), "json")) == values
    assert render(dict(values), "map").decode() == "".join(f"{key}: {values[key]}\n" for key in sorted(values))
