"""The command where there is no Vault."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from injector.agent.options import COMMANDS
from sealer import __version__
from tests.agent.configurations import template
from tests.agent.conftest import AGENT

if TYPE_CHECKING:
    from tests.agent.conftest import Pod

NOT_LOADED = """
import sys
from injector.agent.main import main
sys.argv = ["sealer-agent", *sys.argv[1:]]
try:
    main()
finally:
    heavy = {"hvac", "requests", "kubernetes", "cryptography", "fastapi", "yaml"} & set(sys.modules)
    print(sorted(heavy), file=sys.stderr)
"""


def loaded(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-c", NOT_LOADED, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr


def test_help_loads_nothing_heavy() -> None:
    assert loaded("--help") == (0, "[]\n")
    assert loaded("init", "--help") == (0, "[]\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nope"], 'there is no command "nope"\nhint: commands: init, run, ready, install-launcher'),
        (["--nope"], 'there is no option "--nope"'),
        (["init", "--nope", "x"], 'init: there is no option "--nope"\nhint: see sealer-agent init --help'),
        (["init", "extra"], 'init: there is no argument "extra"'),
        (["run", "--config"], "run: --config needs a value: FILE"),
        (["install-launcher"], "install-launcher: PATH is missing"),
        (["init", "--retry-for", "soon"], '--retry-for: "soon" is no number of seconds\nhint: such as 30'),
        (["init", "--retry-for=-1"], '--retry-for: "-1" is no number of seconds'),
    ],
)
def test_a_wrong_use_is_named(lonely_pod: Pod, words: list[str], said: str) -> None:
    environment = lonely_pod.variables(template())
    done = subprocess.run([AGENT, *words], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}")


def test_help_and_version_go_to_standard_output() -> None:
    done = subprocess.run([AGENT, "--help"], capture_output=True, text=True, check=True)
    assert "sealer-agent COMMAND" in done.stdout
    for command in COMMANDS:
        done = subprocess.run([AGENT, command, "--help"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"Usage: sealer-agent {command}")
    done = subprocess.run([AGENT, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"sealer-agent, version {__version__}\n"


def test_no_command_is_an_error_so_that_lost_arguments_do_not_pass_for_success() -> None:
    done = subprocess.run([AGENT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: a command is missing\nhint: commands: " + ", ".join(COMMANDS) + "\n"


def test_lines_can_be_json(lonely_pod: Pod) -> None:
    done = lonely_pod.run(template(), arguments=("--retry-for", "0.3", "--log-format", "json"))
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["@level"] for line in lines] == [*["warn"] * (len(lines) - 1), "error"]
    assert lines[-1]["@message"].startswith("cannot reach vault at http://127.0.0.1:9: connection refused (check")
    assert {line["@module"] for line in lines} == {"sealer-agent"}


def test_lines_below_the_level_are_not_said(lonely_pod: Pod) -> None:
    lonely_pod.environment["VAULT_LOG_LEVEL"] = "error"
    done = lonely_pod.run(template(), arguments=("--retry-for", "0.3"))
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]


def test_no_configuration_is_a_wrong_use(tmp_path: Path) -> None:
    code, errors = loaded("init", "--root", str(tmp_path))
    assert code == 2
    assert "error: there is no configuration\nhint: set SEALER_AGENT_CONFIG, or give --config\n[]\n" in errors


def test_a_configuration_file_that_is_not_there_is_named(lonely_pod: Pod) -> None:
    done = lonely_pod.run(arguments=("--config", "/nowhere/agent.json"))
    assert done.returncode == 3
    assert done.stderr == "error: cannot read /nowhere/agent.json: no such file or directory\n"


def test_a_template_that_is_none_ends_before_anything_is_asked_or_written(lonely_pod: Pod) -> None:
    done = lonely_pod.run(template(), template("bad.txt", contents='canary\n{{ with secret "secret/hello" }}x'))
    assert done.returncode == 3
    assert done.stderr == "error: the template of bad.txt, line 2: unexpected EOF\n"
    assert lonely_pod.files() == []


def engine_loaded(pod: Pod, *templates: dict[str, Any]) -> bool:
    command = [sys.executable, "-X", "importtime", "-c", "from injector.agent.main import main; main()"]
    arguments = ["init", "--root", str(pod.root), "--retry-for", "0"]
    done = subprocess.run(
        [*command, *arguments], env=pod.variables(*templates), capture_output=True, text=True, check=False, timeout=60
    )
    assert "connection refused" in done.stderr
    return "sealer.gotemplate" in done.stderr


def test_the_template_engine_is_loaded_only_for_a_template(lonely_pod: Pod) -> None:
    assert not engine_loaded(lonely_pod, template())
    assert engine_loaded(lonely_pod, template(contents="x"))


def test_a_vault_that_is_not_there_is_tried_for_as_long_as_told(lonely_pod: Pod) -> None:
    done = lonely_pod.run(template(), arguments=("--retry-for", "0.5"))
    assert done.returncode == 6
    *retries, error, hint = done.stderr.splitlines()
    assert len(retries) == 2
    assert all("connection refused; trying again in 0." in line for line in retries)
    assert error == "error: cannot reach vault at http://127.0.0.1:9: connection refused"
    assert hint == "hint: check the address, and that vault listens there"
    assert lonely_pod.files() == []


def test_the_retry_time_can_come_from_the_environment(lonely_pod: Pod) -> None:
    lonely_pod.environment["SEALER_AGENT_RETRY_FOR"] = "0"
    assert lonely_pod.run(template()).stderr.count("trying again") == 0


def test_a_missing_token_is_named(lonely_pod: Pod) -> None:
    (lonely_pod.root / "var/run/secrets/kubernetes.io/serviceaccount/token").unlink()
    done = lonely_pod.run(template(), arguments=("--retry-for", "0"))
    assert done.returncode == 6
    assert "cannot read the service-account token at" in done.stderr


def test_a_signal_ends_the_wait_at_once_and_nothing_is_written(lonely_pod: Pod) -> None:
    with lonely_pod.start(template()) as agent:
        assert agent.stderr is not None
        for line in agent.stderr:
            announced = re.search(r"trying again in ([0-9.]+) s", line)
            if announced is not None and float(announced[1]) > 0.7:
                break  # In the middle of a wait: nothing else is said before the signal.
        asked = time.monotonic()
        agent.send_signal(signal.SIGTERM)
        rest = agent.stderr.read()
        assert agent.wait(10) == 128 + signal.SIGTERM
    assert time.monotonic() - asked < 3
    assert rest == "sealer-agent: stopped by SIGTERM\n"
    assert lonely_pod.files() == []


def test_an_error_of_a_configuration_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    path.write_text("not json")
    program = Path(sys.executable).with_name("sealer-agent")
    done = subprocess.run([str(program), "init", "--config", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"error: {path}: the agent's configuration is not JSON" in done.stderr
