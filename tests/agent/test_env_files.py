"""Environment variables from secrets."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.agent.env_file import encode, value_of, variables_of
from injector.agent.errors import TemplateError
from injector.vault.verbatim import Number

if TYPE_CHECKING:
    from deploy.local.vault import VaultServer
    from tests.agent.conftest import Pod

NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True)
VALUES = st.binary(max_size=40).filter(lambda value: b"\0" not in value)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_every_variable_comes_back_newlines_and_all(variables: dict[str, bytes]) -> None:
    content = encode(variables.items(), "/env")
    assert not content or content.endswith(b"\0")
    records = [record.partition(b"=") for record in content.split(b"\0")[:-1]]
    assert {name.decode(): value for name, _, value in records} == variables


def test_names_are_in_capitals_with_a_prefix_and_values_as_vault_has_them() -> None:
    fields: Any = {"db-user": "bob", "port": Number("5432"), "big": Number("1.50"), "tags": ["a", {"b": True}]}
    assert variables_of(fields, "app_", "secret/x") == [
        ("APP_BIG", b"1.50"),
        ("APP_DB_USER", b"bob"),
        ("APP_PORT", b"5432"),
        ("APP_TAGS", b'["a",{"b":true}]'),
    ]


def test_what_is_no_variable_is_refused_without_its_value() -> None:
    with pytest.raises(TemplateError, match='the field "1st" of secret/x gives no name of a variable'):
        variables_of({"1st": "canary"}, "", "secret/x")
    with pytest.raises(TemplateError, match='secret/x has no field "nope"'):
        value_of({"v": "canary"}, "nope", "secret/x")
    with pytest.raises(TemplateError, match="two secrets give the variable A"):
        encode([("A", b"canary"), ("A", b"canary")], "/env")
    with pytest.raises(TemplateError, match="the value of A holds a NUL byte") as caught:
        encode([("A", b"canary\0")], "/env")
    assert "canary" not in str(caught.value)


def test_a_file_holds_variables_of_both_versions_and_of_templates(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put_kv2("env/app", {"password": f"{canary}\nsecond line"})
    vault.put("kv1/env", {"user": "bob", "port": 5432})
    variables = [
        {"name": "DB_PASSWORD", "path": "secret/env/app", "key": "password"},
        {"prefix": "APP_", "path": "kv1/env"},
        {"name": "DSN", "contents": '{{ with secret "kv1/env" }}{{ .Data.user }}@db:{{ .Data.port }}{{ end }}'},
    ]
    config = pod.newest(mode="init", env_files=[{"path": "/sealer/env", "variables": variables}], folders=["/sealer"])
    done = pod.run_with(config)
    assert done.returncode == 0, done.stderr
    file = pod.root / "sealer" / "env"
    assert file.read_bytes().split(b"\0") == [
        b"APP_PORT=5432",
        b"APP_USER=bob",
        f"DB_PASSWORD={canary}\nsecond line".encode(),
        b"DSN=bob@db:5432",
        b"",
    ]
    assert file.stat().st_mode & 0o777 == 0o400
    assert done.stderr.count("fetched kv1/env") == 1
    assert canary not in done.stderr


def test_the_launcher_is_put_in_place_before_the_agent_ends(pod: Pod) -> None:
    (pod.root / "launch").write_text("#!/bin/sh\necho launched\n")
    launcher = {"source": "/launch", "destination": "/sealer/launch"}
    assert pod.run_with(pod.newest(mode="init", launcher=launcher)).returncode == 0
    placed = pod.root / "sealer" / "launch"
    assert subprocess.run([placed], capture_output=True, text=True, check=True).stdout == "launched\n"
    words, environment = pod.configured(pod.newest(), "install-launcher", "/nowhere")
    del words[2:4]  # without a root
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "there is no launcher at /usr/local/bin/sealer-launch" in done.stderr
