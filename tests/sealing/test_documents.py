from __future__ import annotations

from typing import Any

import pytest

from sealer import documents
from sealer.errors import InputError


def values(text: str | bytes) -> list[Any]:
    data = text if isinstance(text, bytes) else text.encode()
    return [document.value for document in documents.read(data, "file.yaml")]


def refusal(text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        values(text)
    return str(caught.value)


def test_each_document_knows_its_place() -> None:
    found = documents.read(b"# first\na: 1\n---\nb:\n  c: 2\n---\nd: 3\n", "file.yaml")
    assert [str(document.origin) for document in found] == [
        "file.yaml, document 1, line 2",
        "file.yaml, document 2, line 4",
        "file.yaml, document 3, line 7",
    ]
    assert found[1].at(("b", "c")).line == 5
    assert found[1].at(("b", "missing", "deeper")).line == 5
    assert found[1].at(()).line == 4


def test_a_field_in_a_list_knows_its_line() -> None:
    (document,) = documents.read(b"items:\n- a: 1\n- a: 2\n", "f")
    assert document.at(("items", 1, "a")).line == 3
    assert document.part(("items", 1), {"a": 2}).at(("a",)).line == 3
    assert document.at(("items", 7)).line == 2


@pytest.mark.parametrize(
    "key", ["y", "n", "yes", "no", "on", "off", "true", "~", "null", "1e3", "0o17", "0x1f", "1:30", "1_000", "=", ".5"]
)
def test_a_mapping_key_is_the_text_that_stands_in_the_file(key: str) -> None:
    assert values(f"{key}: a\n") == [{key: "a"}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("y", "y"),
        ("1e3", "1e3"),
        ("0o17", "0o17"),
        ("010", 8),
        ("1:30", 90),
        ("~", None),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01T10:00:00Z", "2020-01-01T10:00:00Z"),
        ("=", "="),
        ("<<", "<<"),
        ("'yes'", "yes"),
        ("!!str 1", "1"),
        ("1.5", 1.5),
        ("|\n  a\n  b", "a\nb\n"),
        (">-\n  a\n  b", "a b"),
    ],
)
def test_values_are_those_of_yaml_1_1_without_timestamps(text: str, value: object) -> None:
    assert values(f"a: {text}\n") == [{"a": value}]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\r\nb: 2\r\n",
        "\ufeffa: 1\nb: 2\n",
        "---\na: 1\nb: 2\n...\n",
        "%YAML 1.1\n---\na: 1\nb: 2\n",
        "{a: 1, b: 2}",
        '{"a": 1,\n\t"b": 2}',
        '\ufeff{"a": 1, "b": 2}\r\n',
        "  {a: 1,\n   'b': 2}\n",
        '{"a": 1, "b": 2,}',
    ],
)
def test_line_ends_marks_and_styles_do_not_matter(text: str) -> None:
    assert values(text) == [{"a": 1, "b": 2}]


@pytest.mark.parametrize("text", ['{"a": 1}{"b": 2}', '{"a": 1}\n\n{"b": 2}\n', '{"a": 1}\n---\n{"b": 2}\n'])
def test_json_objects_follow_each_other_with_or_without_marks_between(text: str) -> None:
    assert values(text) == [{"a": 1}, {"b": 2}]


def test_json_documents_know_their_lines() -> None:
    found = documents.read(b'\n{"a":\n1}\n\n{"b": 2} {"c": 3}', "f")
    assert [(d.origin.document, d.origin.line) for d in found] == [(1, 2), (2, 5), (3, 5)]


def test_merge_keys_and_aliases_work_as_in_yaml() -> None:
    text = "base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\ntwo:\n  <<: [{x: 7}, *b]\n"
    assert values(text) == [{"base": {"x": 1, "y": 2}, "one": {"x": 1, "y": 3}, "two": {"x": 7, "y": 2}}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "file.yaml: there is no document in it"),
        ("# gone\n", "file.yaml: there is no document in it"),
        ("---\n", "file.yaml, document 1, line 1: the document is empty"),
        ("a: 1\n---\n---\nb: 2\n", "file.yaml, document 2, line 3: the document is empty"),
        ("a: 1\n---\nnull\n", "file.yaml, document 2, line 3: the document is empty"),
        ("a: [1\n", "file.yaml, document 1, line 1: not valid YAML: did not find expected ',' or ']'"),
        ("a: 1\n---\nb: {\n", "file.yaml, document 2, line 3: not valid YAML: did not find expected node content"),
        ("a: 1\n---\nb: 2\n}\n", "file.yaml, document 2, line 4: not valid YAML: did not find expected key"),
        ("a:\n\tb: 1\n", "file.yaml, document 1, line 2: not valid YAML: found character that cannot start any token"),
        ("a: 1\na: 2\n", "file.yaml, document 1, line 2: the key a appears twice"),
        ("a: 1\n'a': 2\n", "file.yaml, document 1, line 2: the key a appears twice"),
        ("x:\n  - {k: 1,\n     k: 2}\n", "file.yaml, document 1, line 3: the key k appears twice"),
        ("{a: 1, a: 2}", "file.yaml, document 1, line 1: the key a appears twice"),
        ("[a]: 1\n", "file.yaml, document 1, line 1: a key must be a plain word"),
        ("a: &x [*x]\n", "file.yaml, document 1, line 1: an alias stands inside of what it names"),
        ("a: *x\n", "file.yaml, document 1, line 1: not valid YAML: found undefined alias"),
        ("a: 1\n<<: 3\n", "file.yaml, document 1, line 2: only mappings can be merged with <<"),
        ("a: !!int x\n", "file.yaml, document 1, line 1: not a valid int"),
        ("a: !!int ''\n", "file.yaml, document 1, line 1: not a valid int"),
        ("a: !!bool maybe\n", "file.yaml, document 1, line 1: not a valid bool"),
        ("a: !!float ''\n", "file.yaml, document 1, line 1: not a valid float"),
        ("a: .inf\n", "file.yaml, document 1, line 1: JSON has no such number"),
        ("a: " + "9" * 5000 + "\n", "file.yaml, document 1, line 1: not a valid int"),
        ("a: b\nc: \x01\n", "file.yaml, line 2: not valid YAML: it holds the character U+0001"),
        ("a: \x00\n", "file.yaml, line 1: not valid YAML: it holds the character U+0000"),
        ('{"a": 1', "file.yaml, document 1, line 1: not valid JSON: expecting ',' delimiter"),
        ('{"a": 1}\n{"b" 2}', "file.yaml, document 2, line 2: not valid JSON: expecting ':' delimiter"),
        ('{"a": 1, "a": 2}', "file.yaml, document 1, line 1: the key a appears twice"),
        ('{"a": NaN}', "file.yaml, document 1, line 1: it holds a number that is too long, or none at all"),
        ('{"a": %s}' % ("9" * 5000), "file.yaml, document 1, line 1: it holds a number that is too long"),
        ('{"a": "\\ud800"}', "file.yaml, document 1, line 1: it holds half of a \\u surrogate pair"),
        ('{"\\udc00": 1}', "file.yaml, document 1, line 1: it holds half of a \\u surrogate pair"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_document_and_line(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert values('{"a": "\\ud83d\\ude00"}') == [{"a": "\U0001f600"}]


@pytest.mark.parametrize("data", [b"a: 1\nb: \xff\n", "a: 1\nb: é\n".encode("latin-1"), b"\n\xc3"])
def test_text_that_is_not_utf8_is_named_by_line(data: bytes) -> None:
    assert refusal(data) == "file.yaml, line 2: not UTF-8 text"


def test_utf16_is_refused() -> None:
    assert refusal("a: 1\n".encode("utf-16")) == "file.yaml, line 1: not UTF-8 text"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 5000 + "a",
        '{"a":' * 100_000,
        '{"a":' * 500 + "1" + "}" * 500,
        "a: " + "[" * 500 + "]" * 500,
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200)),
    ],
    ids=["brackets", "dashes", "json-open", "json", "yaml", "aliases"],
)
def test_deep_nesting_is_an_error_and_no_crash(text: str) -> None:
    assert refusal(text).endswith("nested too deeply")


def test_a_manifests_own_depth_is_fine() -> None:
    assert values("{a: " * 50 + "1" + "}" * 50)
    assert values('{"a": ' * 50 + "1" + "}" * 50)


def test_an_alias_bomb_is_defused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert refusal("\n".join(lines)).endswith("its aliases expand to too many nodes")


@pytest.mark.parametrize(
    "text",
    [
        "*canary",
        "!canary",
        "!c!anary",
        "!<canary> x",
        "!!canary x",
        "!canary {a: b}",
        "%canary",
        "@canary",
        '"\\canary"',
        "{canary",
        "|canary",
        "'canary",
        "[canary: a: b]",
        "canary: canary",
        "!!int canary",
    ],
)
def test_no_error_repeats_a_value(text: str) -> None:
    with pytest.raises(InputError) as caught:
        values(f"a: {text}\n")
    error: BaseException | None = caught.value
    while error is not None:
        assert "canary" not in repr(error)
        error = None if error.__suppress_context__ and error.__cause__ is None else error.__cause__ or error.__context__


def test_a_document_does_not_show_itself() -> None:
    (document,) = documents.read(b"password: canary\n", "f")
    assert "canary" not in repr(document)
