"""A template reaches its data and its functions, and nothing else; and its errors never hold a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sealer.gotemplate import ExecError, FunctionError, GoTemplateError, Registry, parse, values
from tests.gotemplate import corpus
from tests.gotemplate.cases import SETS
from tests.gotemplate.value_functions import VALUES, Sample

CANARY = "canary-6f1d"
OBJECTS = [
    1,
    1.5,
    "text",
    True,
    b"bytes",
    [1],
    {"k": 1},
    values.strings(["a"]),
    values.JSONNumber("1"),
    Sample("n", 1),
    values.Int64(1),
]
ATTRIBUTES = [
    "__class__",
    "__dict__",
    "__init__",
    "items",
    "keys",
    "go_type",
    "is_nil",
    "field",
    "fields",
    "upper",
    "real",
    "Name.__class__",
]


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_no_attribute_of_python_is_reachable(value: Any, attribute: str) -> None:
    template = parse("t", f"{{{{.v.{attribute}}}}}")
    if isinstance(value, dict):  # the name of an attribute is a key like any other, and not there
        assert template.render({"v": value}) == "<no value>"
        return
    with pytest.raises(ExecError, match="can't evaluate field"):
        template.render({"v": value})


@pytest.mark.parametrize("value", [object(), Path("/"), {1}, (1,), print, Exception, (1).bit_length])
def test_what_is_no_go_value_is_refused(value: Any) -> None:
    for text in ("{{.}}", "{{.v}}", "{{print .v}}", "{{.v.x}}", "{{range .v}}{{end}}", "{{len .v}}"):
        with pytest.raises(TypeError, match="not a Go value"):
            parse("t", text).render({"v": value} if ".v" in text else value)


def test_only_registered_functions_can_be_called() -> None:
    for name in ("env", "readFile", "exec", "open", "eval", "import", "getattr", "__import__"):
        with pytest.raises(GoTemplateError, match="not defined"):
            parse("t", f"{{{{{name} `x`}}}}")


def canaries(data: Any) -> Any:
    """Data of the same shape whose every text is a secret."""
    if isinstance(data, dict):
        return {key: canaries(item) for key, item in data.items()}
    if isinstance(data, list):
        return [canaries(item) for item in data]
    return CANARY if isinstance(data, str) else data


def chained(error: BaseException | None) -> list[str]:
    """All that an error and what led to it say."""
    found = []
    while error is not None:
        found += [str(error), repr(error), repr(error.__dict__)]
        error = error.__cause__ or error.__context__
    return found


@pytest.mark.parametrize(
    "path", [path for area in ("language", "fmt") for path in corpus.files(area)], ids=lambda path: path.stem
)
def test_no_error_holds_a_value(path: Path) -> None:
    errors, said = 0, list[str]()
    for case in corpus.read(path):
        data = canaries(json.loads(case.data)) if case.data else CANARY
        try:
            text = case.template.decode("utf-8", "surrogateescape")
            template = parse(case.name, text, functions=SETS[case.functions], delims=case.delims)
            template.render(data)
        except GoTemplateError as error:
            errors += 1
            said += chained(error)
    assert not any(CANARY in text for text in said)
    assert errors or path.parent.name == "fmt"


def test_values_do_not_show_themselves() -> None:
    held = [
        values.strings([CANARY]),
        values.string_map({CANARY: CANARY}),
        values.Pointer(CANARY),
        values.GoError(CANARY),
        Sample(CANARY, 1),
        values.JSONNumber(CANARY),
        parse("t", CANARY),
    ]
    assert CANARY not in repr(held)


def test_an_error_of_a_function_is_all_that_is_shown_of_it() -> None:
    functions = Registry()

    @functions.add("refuse", "func(string) (string, error)")
    def refuse(_value: str) -> str:
        raise FunctionError("refused")

    with pytest.raises(ExecError) as caught:
        parse("t", "{{.secret | refuse}}", functions=functions).render({"secret": CANARY})
    assert caught.value.message == 'template: t:1:12: executing "t" at <refuse>: error calling refuse: refused'
    assert VALUES  # the twin of the oracle's functions is what the other tests call
