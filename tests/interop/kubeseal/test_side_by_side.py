"""`sealer kubeseal` beside the real kubeseal: the same exit code, the same words, the same secrets."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from sealer.cli.kubeseal.flags import FLAGS
from tests.interop.kubeseal.cases import TABLE
from tests.interop.kubeseal.sites import environment, fill, parsed, secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.interop.kubeseal.cases import Case
    from tests.interop.kubeseal.conftest import Both

FEWEST: Final = 80


@pytest.fixture(scope="module")
def files(binary: str, sealed: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str | bytes]:
    """SealedSecrets, made by the real kubeseal, and Secrets to merge into them."""
    rich = secret({"labels": {"a": "1"}, "annotations": {"b": "2"}}, data={"old": "b2xk", "password": "b2xk"})
    folder = tmp_path_factory.mktemp("target") / "site"
    fill(folder, {"rich.yaml": rich})
    target = theirs(binary, folder, "--cert", "cert.pem", "-f", "rich.yaml")
    moved, templated = json.loads(sealed), json.loads(sealed)
    moved["metadata"]["name"] = "elsewhere"
    templated["spec"]["template"]["data"] = {"url": 'x://{{ index . "password" | upper }}', "gone": None}
    return {
        "sealed.json": sealed,
        "sealed.yaml": "---\n" + yaml.safe_dump(json.loads(sealed)),
        "target.json": target,
        "target.yaml": "---\n" + yaml.safe_dump(json.loads(target)),
        "moved.json": json.dumps(moved),
        "templated.json": json.dumps(templated),
        "two-items.yaml": secret(data={"password": "bmV3", "second": "Mg=="}),
        "labelled.yaml": secret({"labels": {"a": "9", "c": "3"}, "annotations": {"b": "8", "d": "4"}}),
    }


def theirs(binary: str, folder: Path, *words: str) -> str:
    command = [binary, *words]
    done = subprocess.run(command, cwd=folder, env=environment(folder, {}), capture_output=True, text=True, check=True)
    return done.stdout


def without_owner(text: str) -> Any:
    """Return documents without the owner reference, of an empty UID, that only kubeseal puts into what it recovers."""
    documents = parsed(text)
    for document in documents if isinstance(documents, list) else ():
        if isinstance(document, dict) and document.get("kind") == "Secret":
            document.get("metadata", {}).pop("ownerReferences", None)
    return documents


def same(theirs: str, ours: str) -> bool:
    return theirs == ours or without_owner(theirs) == without_owner(ours)


def without_build(text: str) -> str:
    """Return a text without our own version, which is build metadata behind that of kubeseal."""
    return re.sub(r"\+sealer\.\S+", "", text)


def words(text: str) -> str:
    return text.replace('"', "'").lower()


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_both_end_alike(case: Case, both: Both, files: Mapping[str, str | bytes]) -> None:
    both.files.update(files)
    expected = both.theirs(case.words, case.stdin or b"", case.environ)
    found = both.ours(case.words, case.stdin or b"", case.environ)
    assert (expected.code, found.code) == (case.code, case.code), f"{expected}\n{found}"
    they_say, we_say = case.says if isinstance(case.says, tuple) else (case.says, case.says)
    assert words(they_say) in words(expected.err)
    assert words(we_say) in words(found.err)
    if not case.says:
        assert not expected.err.strip()
        assert all(line.startswith("note: ") for line in found.err.splitlines())
    if case.out:
        assert same(expected.out, without_build(found.out)), f"{expected.out}\n{found.out}"
    assert expected.files.keys() == found.files.keys()
    for name, content in expected.files.items():
        assert same(content, found.files[name]), f"{content}\n{found.files[name]}"


def test_there_is_every_flag_and_no_other(both: Both) -> None:
    told = re.findall(r"^ +(?:-(\w), )?--([\w-]+)", both.theirs("--help").out, re.MULTILINE)
    assert {(short, name) for short, name in told} == {
        (flag.short, flag.name) for flag in FLAGS.values() if flag.name != "rotate"
    }


def test_the_table_is_as_long_as_it_is_said_to_be() -> None:
    assert len({str(case) for case in TABLE}) == len(TABLE) >= FEWEST
