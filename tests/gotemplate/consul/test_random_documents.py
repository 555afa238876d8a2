"""Random documents as JSON, YAML and TOML: byte for byte what consul-template writes and reads."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.gotemplate.cases import Case, from_go
from tests.gotemplate.consul.test_corpus import differs

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: Final = 600
PIECES: Final = (
    *"abcxyzABC019-_.:,#'\"\\ \n\t{}[]&*!|>%@`?~=/", "é", "ß", "中", "🎉", "\u2028", "\u0085", "\u00a0", "\ufeff", "\r",
    "\x00", "\x7f", ": ", " #", "- ", "? ", "yes", "no", "null", "true", "1", "0x1", "1e3", ".5", "2020-01-01", "12:30",
    "<<", "  ", "\n\n", " \n", "\n ", "word ", "a longer piece of text, with words ", "---", "...",
)  # fmt: skip
NUMBERS: Final = (
    "0",
    "-0",
    "1",
    "-7",
    "1.50",
    "1e3",
    "1E-7",
    "12345678901234567890",
    "9223372036854775808",
    "0.1",
    "1e22",
)
TEMPLATES: Final = (
    "{{ with secret `s` }}{{ .Data.v | toJSON }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | toUnescapedJSONPretty }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | toYAML }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | toTOML }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | toJSON | parseJSON | toYAML }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | toYAML | parseYAML | toYAML }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | toJSON | parseYAML | toYAML }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | toYAML | replaceAll `- ` `` | parseYAML | toYAML }}{{ end }}",
    "{{ with secret `s` }}{{ .Data.v | printf `%v` | toTitle }}{{ end }}",
)


def text(source: random.Random) -> str:
    return "".join(source.choice(PIECES) for _ in range(source.choice((0, 1, 1, 2, 3, 5, 12))))


def key(source: random.Random) -> str:
    """A key without digits: yaml.v2's order of keys with digits has cycles, so that its output is up to chance."""
    return re.sub(r"\d", "", text(source))


def document(source: random.Random, depth: int = 0) -> Any:
    kinds: dict[str, Callable[[], Any]] = {
        "text": lambda: text(source),
        "number": lambda: source.choice(NUMBERS),
        "other": lambda: source.choice(("true", "false", "null")),
        "list": lambda: [document(source, depth + 1) for _ in range(source.choice((0, 1, 2, 4)))],
        "map": lambda: {key(source): document(source, depth + 1) for _ in range(source.choice((0, 1, 2, 5)))},
    }
    kind = source.choice(
        ("text", "text", "number", "other", "list", "map") if depth < 4 else ("text", "number", "other")
    )
    made = kinds["map" if depth == 0 else kind]()
    return made if kind == "text" or not isinstance(made, str) else Literal(made)


class Literal(str):
    """JSON as it stands."""

    __slots__ = ()


def written(value: Any) -> str:
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(key)}:{written(item)}' for key, item in value.items())}}}"
    return json.dumps(value)


def random_cases(seed: int, count: int) -> list[Case]:
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    made = []
    for at in range(count):
        value = document(source, depth=0 if source.random() < 0.7 else 1)
        data = f'{{"secrets":{{"s":{{"Data":{{"v":{written(value)}}}}}}}}}'
        made.append(Case(f"{seed}-{at}", source.choice(TEMPLATES).encode(), data, "consul"))
    return made


@pytest.mark.real
def test_random_documents_are_written_and_read_alike() -> None:
    cases = random_cases(20261121, CASES)
    found = [differs(case, go) for case, go in zip(cases, from_go(cases), strict=True)]
    assert list(filter(None, found)) == []
