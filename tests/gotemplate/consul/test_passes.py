"""Render, fetch what was asked for, render again: until nothing new is asked for."""

from __future__ import annotations

import pytest

from sealer.errors import InputError, ServiceError
from sealer.gotemplate import ExecError, ParseError
from sealer.gotemplate.consul import (
    Fetcher,
    FileWrite,
    Known,
    ListSecrets,
    ReadFile,
    ReadSecret,
    SecretResponse,
    Surroundings,
    WriteSecret,
    parse_template,
    render_pass,
    render_with,
)
from tests.gotemplate.consul.memory import MemoryReader

USER = '{{ with secret "secret/app" }}{{ .Data.user }}{{ end }}'


def test_a_pass_says_what_is_missing_and_gives_nil_for_it() -> None:
    template = parse_template(
        '[{{ secret "a" }}]{{ with secret "b" }}{{ .Data.x }}{{ end }}{{ secrets "c" }}{{ file "/d" }}'
    )
    result = render_pass(template, Known(), Surroundings())
    assert result.output == "[<no value>][]"
    assert result.missing == (ReadSecret("a"), ReadSecret("b"), ListSecrets("c"), ReadFile("/d"))
    assert result.used == result.missing


def test_a_pass_with_everything_known_misses_nothing() -> None:
    known = Known(secrets={ReadSecret("secret/app"): SecretResponse(data={"user": "bob"})})
    result = render_pass(parse_template(USER), known, Surroundings())
    assert (result.output, result.missing, result.used) == ("bob", (), (ReadSecret("secret/app"),))


def test_a_secret_is_fetched_once_however_often_it_is_used() -> None:
    reader = MemoryReader({"secret/app": {"user": "bob"}})
    rendered = render_with(parse_template(USER * 3), reader)
    assert rendered.output == b"bobbobbob"
    assert reader.asked == ["secret/app"]


def test_a_path_may_come_from_another_secret() -> None:
    reader = MemoryReader({"a": {"next": "b"}, "b": {"next": "c"}, "c": {"x": "found"}})
    template = parse_template(
        '{{ with secret "a" }}{{ with secret .Data.next }}{{ with secret .Data.next }}{{ .Data.x }}'
        "{{ end }}{{ end }}{{ end }}"
    )
    assert render_with(template, reader).output == b"found"
    assert reader.asked == ["a", "b", "c"]


def test_secrets_of_a_listing_are_found() -> None:
    reader = MemoryReader({"kv/a": {"v": "1"}, "kv/b": {"v": "2"}}, names={"kv": ["b", "a"]})
    template = parse_template(
        '{{ range secrets "kv/" }}{{ with secret (printf "kv/%s" .) }}{{ .Data.v }};{{ end }}{{ end }}'
    )
    rendered = render_with(template, reader)
    assert rendered.output == b"1;2;"
    assert rendered.used == (ListSecrets("kv"), ReadSecret("kv/a"), ReadSecret("kv/b"))


def test_templates_that_share_a_fetcher_share_what_was_fetched() -> None:
    reader = MemoryReader({"secret/app": {"user": "bob"}})
    fetcher = Fetcher(reader)
    for _ in range(2):
        render_with(parse_template(USER), fetcher)
    assert reader.asked == ["secret/app"]
    fetcher.forget(ReadSecret("secret/app"))
    render_with(parse_template(USER), fetcher)
    assert reader.asked == ["secret/app", "secret/app"]


def test_a_version_is_a_parameter() -> None:
    reader = MemoryReader({"secret/app?version=2": {"user": "old"}})
    assert render_with(parse_template(USER.replace("app", "app?version=2")), reader).output == b"old"


def test_the_write_form_sends_its_pairs_as_text() -> None:
    reader = MemoryReader(answers={"pki/issue/web": SecretResponse(data={"certificate": "C"})})
    template = parse_template(
        '{{ with secret "pki/issue/web" "common_name=foo" "ttl=24h" "x=a=b" }}{{ .Data.certificate }}{{ end }}'
    )
    rendered = render_with(template, reader)
    assert rendered.output == b"C"
    assert reader.sent == [{"common_name": "foo", "ttl": "24h", "x": "a=b"}]
    assert rendered.used == (WriteSecret("pki/issue/web", (("common_name", "foo"), ("ttl", "24h"), ("x", "a=b"))),)


def test_a_template_that_always_wants_more_is_stopped() -> None:
    reader = MemoryReader({"a": {"n": "1"}}, answers={"x": None})
    ticks = iter(range(10**12, 10**15, 10**9))
    template = parse_template('{{ secret "x" (printf "t=%s" (timestamp "unix")) }}')
    with pytest.raises(InputError, match="something new in each of 5 passes"):
        render_with(template, reader, surroundings=Surroundings(clock=lambda: next(ticks)), max_passes=5)
    assert len(reader.asked) == 5


def test_an_error_of_the_reader_reaches_the_caller() -> None:
    with pytest.raises(ServiceError, match="no secret exists at secret/none"):
        render_with(parse_template(USER.replace("app", "none")), MemoryReader())


def test_a_change_that_a_template_makes_does_not_outlive_the_pass() -> None:
    reader = MemoryReader({"a": {"m": {"k": "old"}}, "b": {"x": "y"}})
    template = parse_template(
        '{{ with secret "a" }}{{ .Data.m.k }}{{ $_ := sprig_set .Data.m "k" "new" }}{{ end }}'
        '{{ with secret "a" }}{{ .Data.m.k }}{{ end }}{{ with secret "b" }}{{ .Data.x }}{{ end }}'
    )
    assert render_with(template, reader).output == b"oldnewy"


def test_files_to_write_count_only_when_nothing_is_missing() -> None:
    reader = MemoryReader({"secret/app": {"user": "bob", "pass": "s3cret"}})
    template = parse_template(
        '{{ "early" | writeToFile "/run/early" "" "" "0600" }}'
        '{{ with secret "secret/app" }}'
        '{{ .Data.pass | writeToFile "/run/pass" "app" "1000" "0640" "append,newline" }}{{ end }}'
    )
    rendered = render_with(template, reader)
    assert rendered.output == b""
    assert rendered.writes == (
        FileWrite("/run/early", "early", mode=0o600),
        FileWrite("/run/pass", "s3cret\n", "app", "1000", 0o640, append=True),
    )


def test_the_environment_is_the_one_given_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALER_TEST_OF_THE_PROCESS", "leak")
    template = parse_template(
        '{{ env "SEALER_TEST_OF_THE_PROCESS" }}{{ env "GIVEN" }}{{ envOrDefault "SEALER_TEST_OF_THE_PROCESS" "-" }}'
    )
    assert render_with(template, MemoryReader(), surroundings=Surroundings({"GIVEN": "yes"})).output == b"yes-"


def test_files_are_read_by_whoever_may() -> None:
    template = parse_template('{{ file "/etc//x/../motd" }}')
    fetcher = Fetcher(MemoryReader(), read_file={"/etc/motd": b"hi \xff"}.get)
    assert render_with(template, fetcher).output == b"hi \xff"
    with pytest.raises(InputError, match="files are not available here"):
        render_with(template, MemoryReader())
    with pytest.raises(InputError, match="no such file"):
        render_with(template, Fetcher(MemoryReader(), read_file=lambda _: None))


def test_time_is_written_in_utc_by_go_layouts() -> None:
    around = Surroundings(clock=lambda: 1_700_000_000_123_456_789)
    template = parse_template(
        '{{ timestamp }} {{ timestamp "unix" }} {{ timestamp "2006-01-02 15:04:05.000 MST Mon Jan _2" }}'
    )
    output = render_with(template, MemoryReader(), surroundings=around).output
    assert output == b"2023-11-14T22:13:20Z 1700000000 2023-11-14 22:13:20.123 UTC Tue Nov 14"


def test_a_missing_key_is_no_value_or_an_error() -> None:
    reader = MemoryReader({"secret/app": {"user": "bob"}})
    contents = USER.replace("user", "nope")
    assert render_with(parse_template(contents), reader).output == b"<no value>"
    with pytest.raises(ExecError, match='map has no entry for key "nope"'):
        render_with(parse_template(contents, error_on_missing_key=True), reader)


def test_delimiters_are_those_of_the_template() -> None:
    template = parse_template('<< with secret "secret/app" >><< .Data.user >><< end >>{{ }}', delims=("<<", ">>"))
    assert render_with(template, MemoryReader({"secret/app": {"user": "bob"}})).output == b"bob{{ }}"


def test_what_is_no_template_is_refused_with_its_line() -> None:
    with pytest.raises(ParseError, match=r"template: app\.tpl:2: function \"nope\" not defined"):
        parse_template("\n{{ nope }}", name="app.tpl")


def test_numbers_of_any_class_keep_their_text() -> None:
    class Number:
        def __str__(self) -> str:
            return "1.50"

    reader = MemoryReader({"a": {"f": Number(), "i": 7}})
    assert (
        render_with(parse_template('{{ with secret "a" }}{{ .Data.f }} {{ .Data.i }}{{ end }}'), reader).output
        == b"1.50 7"
    )


def test_what_is_not_json_is_refused_without_showing_it() -> None:
    class Odd:
        def __str__(self) -> str:
            return "s3cret"

    reader = MemoryReader({"a": {"x": Odd()}})
    with pytest.raises(InputError, match="a value of class Odd is not JSON"):
        render_with(parse_template('{{ with secret "a" }}{{ .Data.x }}{{ end }}'), reader)


@pytest.mark.parametrize(
    "shown",
    [
        repr(SecretResponse(data={"k": "s3cret"}, lease_id="s3cret")),
        repr(WriteSecret("p", (("k", "s3cret"),))),
        str(WriteSecret("p", (("k", "s3cret"),))),
        repr(FileWrite("/x", "s3cret")),
        repr(Surroundings({"K": "s3cret"})),
        repr(Known({ReadSecret("a"): SecretResponse(data={"k": "s3cret"})})),
        repr(render_with(parse_template("s3cret"), MemoryReader())),
    ],
)  # fmt: skip
def test_nothing_shows_a_secret_by_itself(shown: str) -> None:
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    "inside",
    [
        "{{ .Data.x | parseInt }}",
        "{{ .Data.x | add 1 }}",
        "{{ .Data.x | parseJSON }}",
        "{{ .Data.x | parseYAML }}",
        "{{ .Data.x.y }}",
        "{{ .Data.x | base64Decode }}",
        "{{ index .Data.x 1000 }}",
        "{{ range .Data.x }}{{ end }}",
        "{{ explodeMap .Data.clash }}",
        '{{ secret "p" .Data.x }}',
        "{{ regexMatch .Data.x `a` }}",
        "{{ mustEnv .Data.x }}",
        "{{ executeTemplate .Data.x }}",
        "{{ .Data.x | parseBool }}",
        "{{ scratch.Set .Data.x 1 }}{{ scratch.MapSet .Data.x `k` 1 }}",
        "{{ loop .Data.x }}",
        "{{ `c` | writeToFile `/x` `` `` .Data.x }}",
        "{{ secret (printf `%s%%zz` .Data.x) }}",
        "{{ call .Data.x }}",
    ],
)
def test_no_error_shows_a_secret(inside: str) -> None:
    reader = MemoryReader({"a": {"x": "(s3cret: [", "clash": {"s3cret": "s3cret", "s3cret/b": "c"}}})
    with pytest.raises(ExecError) as caught:
        render_with(parse_template(f'{{{{ with secret "a" }}}}{inside}{{{{ end }}}}'), reader)
    shown = str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        shown += repr(error)
        error = error.__cause__
    assert "s3cret" not in shown
