from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sealer.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.yaml").write_text(
        "user: bob\nport: 5432\nbig: 12345678901\nratio: 1.50\nnone: null\nlist: [a, 1]\n"
    )
    (tmp_path / "data.json").write_text('{"user": "eve"}')
    return tmp_path


def render(files: Path, capfdbinary: pytest.CaptureFixture[bytes], template: bytes, *arguments: str) -> bytes:
    (files / "config.tpl").write_bytes(template)
    code = run(["template", "render", "config.tpl", *arguments])
    shown = capfdbinary.readouterr()
    assert code == 0, shown.err
    assert shown.err == b""
    return shown.out


def test_numbers_are_those_of_go_s_encoding_json(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = render(
        files, capfdbinary, b"{{ .port }} {{ .big }} {{ .ratio }} {{ .none }} {{ .list }}", "--data", "data.yaml"
    )
    assert out == b"5432 1.2345678901e+10 1.5 <no value> [a 1]"


def test_the_output_is_written_as_it_is(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert render(files, capfdbinary, b"a\xff{{ .user }}\r\n", "--data", "data.json") == b"a\xffeve\r\n"
    assert render(files, capfdbinary, b"{{ . }}") == b"<no value>"


def test_the_functions_are_those_that_were_asked_for(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert render(files, capfdbinary, b'{{ "a" | upper }}') == b"A"
    assert render(files, capfdbinary, b'{{ "a" | toUpper }}', "--functions", "consul") == b"A"
    assert run(["template", "render", "config.tpl"]) == 3
    assert b'function "toUpper" not defined' in capfdbinary.readouterr().err


def test_delimiters_and_missing_keys(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = render(files, capfdbinary, b"<< .user >> {{", "-d", "data.yaml", "--left-delim", "<<", "--right-delim", ">>")
    assert out == b"bob {{"
    (files / "config.tpl").write_text("{{ .nope }}")
    assert run(["template", "render", "config.tpl", "-d", "data.yaml", "--error-on-missing-key"]) == 3
    assert b'map has no entry for key "nope"' in capfdbinary.readouterr().err


def test_an_error_names_file_line_and_column_and_no_value(
    files: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (files / "config.tpl").write_text("one\n  {{ fail .user }}\n")
    assert run(["template", "render", "config.tpl", "-d", "data.yaml", "-w", "out"]) == 3
    shown = capfdbinary.readouterr()
    assert shown.out == b""
    assert b"template: config.tpl:2:5:" in shown.err
    assert b"bob" not in shown.err
    assert not (files / "out").exists()


def test_a_secret_function_says_that_there_is_no_vault_here(
    files: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (files / "config.tpl").write_text('{{ with secret "secret/app" }}{{ .Data }}{{ end }}')
    assert run(["template", "render", "config.tpl", "--functions", "consul"]) == 3
    assert b"secret" in capfdbinary.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.tpl"], b"cannot read none.tpl"),
        (["config.tpl", "-d", "none.yaml"], b"cannot read none.yaml"),
        (["config.tpl", "-d", "two.yaml"], b"two.yaml, document 2, line 3: the data must be one document"),
        (["config.tpl", "-w", "config.tpl"], b"both input and output"),
    ],
)
def test_bad_input(files: Path, capfdbinary: pytest.CaptureFixture[bytes], arguments: list[str], said: bytes) -> None:
    (files / "config.tpl").write_text("x")
    (files / "two.yaml").write_text("a: 1\n---\nb: 2\n")
    assert run(["template", "render", *arguments]) in {2, 3}
    assert said in capfdbinary.readouterr().err
