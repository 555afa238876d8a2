"""`sealer kubeseal` without the real one: how words are read, under which name it runs, which cluster is meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sealer.cli.kubeseal import sealing
from sealer.cli.kubeseal.flags import FLAGS, parse
from sealer.cluster.overrides import Overrides, effective
from sealer.cluster.service import Caller, read_timeout
from sealer.errors import ConfigError, SealerError
from sealer.goflags import Given, MissingValueError, UnknownFlagError, read_list, scan
from sealer.scope import Scope

if TYPE_CHECKING:
    from tests.cli.conftest import Session

KNOWN = {"name": True, "raw": False, "v": True, "quiet": False}
SHORT = {"n": "name", "v": "v", "q": "quiet", "r": "raw"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--name", "a"], [("name", "a")]),
        (["--name=a=b"], [("name", "a=b")]),
        (["--name="], [("name", "")]),
        (["--name", "--raw"], [("name", "--raw")]),
        (["--raw"], [("raw", "true")]),
        (["--raw=false", "a"], [("raw", "false"), (None, "a")]),
        (["-n", "a"], [("name", "a")]),
        (["-na"], [("name", "a")]),
        (["-n=a"], [("name", "a")]),
        (["-n="], [("name", "=")]),
        (["-qrna"], [("quiet", "true"), ("raw", "true"), ("name", "a")]),
        (["-q=false"], [("quiet", "false")]),
        (["a", "-", "--", "--name"], [(None, "a"), (None, "-"), (None, "--name")]),
    ],
)
def test_words_are_read_as_pflag_reads_them(words: list[str], found: list[tuple[str | None, str]]) -> None:
    assert [(name, text) for name, text, _ in scan(words, KNOWN, SHORT)] == found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--nope=canary"], "unknown flag: --nope"),
        (["-x=canary"], "unknown shorthand flag: 'x' in -x"),
        (["-qx"], "unknown shorthand flag: 'x' in -x"),
        (["---raw"], "bad flag syntax: ---raw"),
        (["--=a"], "bad flag syntax: --"),
    ],
)
def test_what_is_no_flag_is_refused_without_its_value(words: list[str], says: str) -> None:
    with pytest.raises(UnknownFlagError) as raised:
        list(scan(words, KNOWN, SHORT))
    assert raised.value.message == says


@pytest.mark.parametrize(("words", "says"), [(["--name"], "--name"), (["-qn"], "'n' in -n")])
def test_a_value_that_is_missing_is_told(words: list[str], says: str) -> None:
    with pytest.raises(MissingValueError) as raised:
        list(scan(words, KNOWN, SHORT))
    assert raised.value.message == f"flag needs an argument: {says}"


@given(st.lists(st.text(max_size=8)))
@settings(max_examples=60, derandomize=True)
def test_whatever_follows_two_dashes_is_no_flag(words: list[str]) -> None:
    assert list(scan(["--", *words], KNOWN, SHORT)) == [Given(None, word, word) for word in words]


@pytest.mark.parametrize(
    ("text", "fields"),
    [("", ()), ("a", ("a",)), ("a,b", ("a", "b")), (",", ("", "")), ('"a,b",c', ("a,b", "c")), ('"a""b"', ('a"b',))],
)
def test_lists_are_lines_of_csv(text: str, fields: tuple[str, ...]) -> None:
    assert read_list(text) == fields


@pytest.mark.parametrize("text", ['a"b', '"a', '"a"b', '"a"b,c'])
def test_a_quote_out_of_place_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        read_list(text)


def test_the_command_line_goes_before_the_environment_and_lists_are_joined() -> None:
    environ = {
        "SEALED_SECRETS_SCOPE": "cluster-wide",
        "SEALED_SECRETS_NAME": "there",
        "SEALED_SECRETS_FROM_FILE": "a,b",
        "SEALED_SECRETS_CONTROLLER_NAME": "",
        "SEALED_SECRETS_RAW": "yes",
        "SEALED_SECRETS_V": "9",
        "SEALER_NAMESPACE": "not for this command",
    }
    options = parse(["--name", "here", "--from-file", "c", "word"], environ)
    assert (options["name"], options["scope"], options["from-file"]) == ("here", Scope.CLUSTER_WIDE, ("a", "b", "c"))
    assert (options["controller-name"], options["raw"], options["v"], options["namespace"]) == ("", False, 0, "")
    assert options.given == {"name", "scope", "from-file", "controller-name"}
    assert options.ignored == ("word",)


def test_a_value_that_cannot_be_read_is_told_with_its_flag() -> None:
    with pytest.raises(ConfigError) as raised:
        parse(["-v", "much"], {})
    assert raised.value.message == "invalid argument for \"-v, --v\" flag: 'much' is not a whole number"


WORDS = st.sampled_from([f"--{name}" for name in FLAGS] + [f"-{flag.short}" for flag in FLAGS.values() if flag.short])


@given(st.lists(st.one_of(WORDS, st.text(max_size=6), WORDS.map(lambda word: f"{word}=x")), max_size=5))
@example(['--from-file="'])
@settings(max_examples=150, derandomize=True)
def test_no_words_raise_anything_but_an_error_of_ours(words: list[str]) -> None:
    try:
        parse(words, {})
    except SealerError as error:
        assert error.message  # noqa: PT017  # any other exception is the failure


def test_no_flag_shows_what_it_was_given() -> None:
    assert "canary" not in repr(parse(["--token", "canary", "--password=canary"], {}))


@pytest.mark.parametrize(
    "text", ["broken: [", "a: b", "\0", "---\n---\n", "[]", "1", "kind: List\nitems: 3", "{}", "{"]
)
@pytest.mark.parametrize("mode", ["", "--validate", "--re-encrypt", "--recovery-unseal", "--merge-into target"])
def test_no_input_is_anything_but_an_error(sealer: Session, folder: Path, mode: str, text: str) -> None:
    (folder / "input").write_text(text)
    (folder / "target").write_text(text)
    result = sealer("kubeseal", "--cert", "cert.pem", "-f", "input", *mode.split())
    assert (result.code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert (folder / "input").read_text() == (folder / "target").read_text() == text


def test_it_runs_under_the_name_of_kubeseal(folder: Path) -> None:
    link = folder / "kubeseal"
    link.symlink_to(Path(sys.executable).with_name("sealer"))
    command = [str(link), "--cert", "cert.pem", "-f", "secret.yaml"]
    done = subprocess.run(command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["kind"] == "SealedSecret"


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", None), ("0s", None), ("5", 5), ("1.5s", 1.5), ("1h30m", 5400), ("250ms", 0.25)]
)
def test_a_timeout_is_a_duration(text: str, seconds: float | None) -> None:
    assert read_timeout(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "5x", "-5", "s", "1h 2m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="Invalid timeout value"):
        read_timeout(text)


def test_whom_to_impersonate_is_said_in_headers() -> None:
    assert Caller("me", "7", ("a", "b")).headers == [
        ("Impersonate-User", "me"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    ]


CONFIG: dict[str, Any] = {
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://c", "certificate-authority": "ca.crt"}}],
    "users": [{"name": "u", "user": {"tokenFile": "token", "exec": {"command": "x"}}}],
}


def chosen(overrides: Overrides, environ: dict[str, str] | None = None, *configs: Any) -> tuple[Any, Any] | None:
    found = effective([(Path("/etc/kube/config"), config) for config in configs], overrides, environ or {})
    return None if found is None else (found["clusters"][0]["cluster"], found["users"][0]["user"])


def test_paths_of_a_kubeconfig_are_relative_to_it() -> None:
    found = chosen(Overrides(), None, CONFIG)
    assert found is not None
    assert found[0]["certificate-authority"] == "/etc/kube/ca.crt"
    assert found[1]["tokenFile"] == "/etc/kube/token"


def test_a_flag_takes_the_place_of_whatever_says_the_same_otherwise() -> None:
    overrides = Overrides(of_cluster={"insecure-skip-tls-verify": True}, of_user={"token": "t"})
    found = chosen(overrides, None, CONFIG)
    assert found == ({"server": "https://c", "insecure-skip-tls-verify": True}, {"token": "t"})


@pytest.mark.parametrize(
    ("overrides", "environ", "server"),
    [
        (Overrides(of_cluster={"server": "h:1"}), {}, "http://h:1"),
        (Overrides(of_cluster={"server": "h:1", "certificate-authority": "/ca"}), {}, "https://h:1"),
        (Overrides(of_cluster={"server": "https://h"}), {"KUBERNETES_MASTER": "m"}, "https://h"),
        (Overrides(), {"KUBERNETES_MASTER": "m:1"}, "http://m:1"),
    ],
)
def test_a_server_needs_no_kubeconfig(overrides: Overrides, environ: dict[str, str], server: str) -> None:
    found = chosen(overrides, environ)
    assert found is not None
    assert found[0]["server"] == server


def test_without_a_server_there_is_none() -> None:
    assert chosen(Overrides()) is None


@pytest.mark.parametrize(
    ("kind", "overrides"),
    [
        ("context", Overrides(context="nope")),
        ("cluster", Overrides(cluster="nope")),
        ("user", Overrides(user="nope")),
    ],
)
def test_a_name_that_is_not_there_is_refused(kind: str, overrides: Overrides) -> None:
    with pytest.raises(ConfigError, match=f'{kind} "nope" does not exist'):
        chosen(overrides, None, CONFIG)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "of-pod\n"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "POD_NAMESPACE": "said"}, "said"),
    ],
)
def test_in_a_pod_the_namespace_is_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], found: str
) -> None:
    (folder / "token").touch()
    (folder / "namespace").write_text("of-pod\n")
    monkeypatch.setattr(sealing, "_SERVICE_ACCOUNT", folder)
    assert sealing.Place("", None, None, {"HOME": str(folder), **more}).namespace == found.strip()


def test_without_any_namespace_none_is_made_up(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration has been provided"):
        _ = sealing.Place("", None, None, {"HOME": str(folder)}).namespace
