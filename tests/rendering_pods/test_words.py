"""The words of an existing injector's Deployment start ours."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from injector.webhook.main import command
from injector.webhook.words import normal, split

FLAGS = ("--listen", "--vault-address", "--revoke-on-shutdown")
BOOLEANS = ("--revoke-on-shutdown",)


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        ([], []),
        (["agent-inject", "2>&1"], []),
        (["agent-inject", "-listen=:1", "2>&1"], ["--listen=:1"]),
        (["-listen", ":1", "--vault-address", "x"], ["--listen", ":1", "--vault-address", "x"]),
        (["-revoke-on-shutdown"], ["--revoke-on-shutdown=true"]),
        (["--revoke-on-shutdown", "-listen=:1"], ["--revoke-on-shutdown=true", "--listen=:1"]),
        (["--revoke-on-shutdown", "false"], ["--revoke-on-shutdown", "false"]),
        (["--revoke-on-shutdown=false"], ["--revoke-on-shutdown=false"]),
        (["render", "-f", "x"], ["render", "-f", "x"]),
        (["render", "-f", "agent-inject"], ["render", "-f", "agent-inject"]),
        (["--vault-address", "a=b=c"], ["--vault-address", "a=b=c"]),
    ],
)
def test_go_s_words_become_ours(words: list[str], ours: list[str]) -> None:
    assert normal(words, FLAGS, BOOLEANS) == ours


@pytest.mark.parametrize(
    ("words", "kept", "found"),
    [
        (["--listen", ":1"], ["--listen", ":1"], []),
        (["-ca=x", "--listen", ":1"], ["--listen", ":1"], ["ca"]),
        (["--ca", "x", "--listen", ":1"], ["--listen", ":1"], ["ca"]),
        (["-ca", "--listen", ":1"], ["--listen", ":1"], ["ca"]),
        (["--listen", ":1", "-ca"], ["--listen", ":1"], ["ca"]),
    ],
)
def test_flags_without_effect_are_parted_off(words: list[str], kept: list[str], found: list[str]) -> None:
    assert split(words, ("ca",)) == (kept, found)


def test_a_deployment_of_the_existing_injector_serves_with_its_flags() -> None:
    words = ["agent-inject", "-vault-address=http://v", "-use-leader-elector", "-set-security-context=false", "2>&1"]
    with CliRunner().isolation():
        context = command.make_context("sealer-injector", words)
    flags = context.params
    assert (flags["vault_address"], flags["set_security_context"]) == ("http://v", False)
    assert context.meta["passed over"] == ["use-leader-elector"]
    assert context.invoked_subcommand is None
