"""The corpus: cases written by hand, by feature, in YAML; and what Go makes of them, kept as golden files.

A file of the corpus is a list of cases, each a template or a mapping with a template; or it has `cases`, and beside
it what holds for all of them (`data`, `functions`, `missingkey`, `delims`). `matrix` stands for many cases: a template,
and lists of texts of which each combination is put in place of the lists' names.
"""

from __future__ import annotations

import base64
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.gotemplate.cases import Answer, Case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CORPUS: Final = Path(__file__).parent / "corpus"
GOLDEN: Final = Path(__file__).parent / "goldens"
_SETTINGS: Final = ("data", "functions", "missingkey", "delims", "name")


def files(area: str = "") -> list[Path]:
    """Files of the corpus, or of one area of it."""
    return sorted((CORPUS / area).rglob("*.yaml"))


def read(path: Path) -> list[Case]:
    """All cases of a file."""
    document = yaml.safe_load(path.read_text())
    if isinstance(document, list):
        document = {"cases": document}
    common = {key: document[key] for key in _SETTINGS if key in document}
    return [_case(path, {**common, **entry}) for entry in _entries(document)]


def _entries(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in document.get("cases", ()):
        yield entry if isinstance(entry, dict) else {"template": entry}
    for matrix in document.get("matrix", ()):
        lists = {key: value for key, value in matrix.items() if key.isupper()}
        for chosen in itertools.product(*lists.values()):
            template = matrix["template"]
            for key, value in zip(lists, chosen, strict=True):
                template = template.replace(key, str(value))
            yield {key: value for key, value in matrix.items() if key in _SETTINGS} | {"template": template}


def _case(path: Path, entry: Mapping[str, Any]) -> Case:
    data = entry.get("data", "")
    left, right = entry.get("delims", ("", ""))
    return Case(
        name=entry.get("name", path.stem),
        template=_bytes(entry["template"]),
        data=data if isinstance(data, str) else json.dumps(data),
        functions=entry.get("functions", "none"),
        missingkey=entry.get("missingkey", "default"),
        delims=(left, right),
    )


def _bytes(template: str | bytes) -> bytes:
    return template if isinstance(template, bytes) else template.encode()


def golden_path(path: Path) -> Path:
    return GOLDEN / path.relative_to(CORPUS).with_suffix(".json")


def read_golden(path: Path) -> list[Answer]:
    """What Go made of the cases of a file of the corpus."""
    return [_answer(entry) for entry in json.loads(golden_path(path).read_text())]


def write_golden(path: Path, answers: list[Answer]) -> None:
    """Keep what Go makes of the cases of a file of the corpus, one a line."""
    target = golden_path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(_entry(answer), ensure_ascii=False) for answer in answers)
    target.write_text(f"[\n{lines}\n]\n")


def _entry(answer: Answer) -> Any:
    if answer.kind:
        return {"kind": answer.kind, "line": answer.line, "column": answer.column, "message": answer.message}
    try:
        return answer.output.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(answer.output).decode()}


def _answer(entry: Any) -> Answer:
    if isinstance(entry, str):
        return Answer(entry.encode())
    if "base64" in entry:
        return Answer(base64.b64decode(entry["base64"]))
    return Answer(b"", entry["kind"], entry["message"], entry["line"], entry["column"])
