"""Templates rendered by a real Vault agent and by Sealer, from the same Vault: byte for byte the same files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from deploy.local.http import Request, send
from deploy.local.vault import VaultServer
from sealer.gotemplate.consul import Fetcher, Surroundings, parse_template, render_with
from tests.gotemplate.consul.reader import VaultReader
from tests.support.vault_agent import run_vault_agent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts
    from deploy.local.process import Processes

WRITTEN: Final = yaml.safe_load(Path(__file__).with_name("agent_templates.yaml").read_text())
LONG: Final = "some words that go on and on, so that YAML has to fold them; " * 3
KV2: Final = '{{ with secret "secret/golden" }}%s{{ end }}'
KV1: Final = '{{ with secret "kv1/golden" }}%s{{ end }}'
TEMPLATES: Final = (
    *(KV2 % f"{{{{ with .Data.data }}}}{inside}{{{{ end }}}}" for inside in WRITTEN["on_data"]),
    *(KV1 % f"{{{{ with .Data }}}}{inside}{{{{ end }}}}" for inside in WRITTEN["on_data"]),
    *(KV2 % inside for inside in WRITTEN["whole"]),
    *(KV1 % inside for inside in WRITTEN["whole"]),
    *WRITTEN["alone"],
)
SAMPLE: Final = ('[[ with secret "kv1/golden" ]][[ .Data.user ]] {{ x }}[[ end ]]', "[[", "]]")


@pytest.fixture(scope="module")
def filled(parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    """A Vault of its own: some templates list a whole mount, and read all that they find there."""
    with VaultServer(tmp_path_factory.mktemp("own-vault"), parts, processes, plugins=()) as vault:
        vault.enable_kv("kv1", 1)
        _fill(vault)
        yield vault


def _fill(vault: VaultServer) -> None:
    secret = WRITTEN["secret"].replace("LONG", LONG.strip())
    _put(vault, "secret/data/golden", '{"data": {"first": "one"}}')
    _put(vault, "secret/data/golden", f'{{"data": {secret}}}')
    _put(vault, "secret/data/pointer", '{"data": {"next": "golden"}}')
    _put(vault, "kv1/golden", secret)


def _put(vault: VaultServer, path: str, body: str) -> None:
    # As text: Python would write 1.50 as 1.5.
    headers = {"X-Vault-Token": vault.root_token}
    send(Request("POST", f"{vault.address}/v1/{path}", body.encode(), headers))


@pytest.fixture(scope="module")
def rendered_by_vault_agent(filled: VaultServer, parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What one run of the real agent makes of all templates."""
    folder = tmp_path_factory.mktemp("vault-agent")
    entries: list[dict[str, Any]] = [
        {"contents": template, "destination": str(folder / f"out-{number}")}
        for number, template in enumerate(TEMPLATES)
    ]
    contents, left, right = SAMPLE
    delimited = {"contents": contents, "left_delimiter": left, "right_delimiter": right}
    entries.append({**delimited, "destination": str(folder / f"out-{len(TEMPLATES)}")})
    run_vault_agent(parts, filled, folder, entries, {"SEALER_TEST_FOO": "bar"})
    return [(folder / f"out-{number}").read_bytes() for number in range(len(entries))]


def _ours(vault: VaultServer) -> list[bytes]:
    fetcher = Fetcher(VaultReader(vault, []))
    surroundings = Surroundings({"SEALER_TEST_FOO": "bar"})
    contents, left, right = SAMPLE
    parsed = [*map(parse_template, TEMPLATES), parse_template(contents, delims=(left, right))]
    return [render_with(template, fetcher, surroundings=surroundings).output for template in parsed]


def test_sixty_templates_at_least_are_compared() -> None:
    assert len(set(TEMPLATES)) >= 60


def test_every_file_is_the_one_that_the_vault_agent_writes(
    filled: VaultServer, rendered_by_vault_agent: list[bytes]
) -> None:
    different = [
        (template, theirs.decode(), ours.decode())
        for template, theirs, ours in zip((*TEMPLATES, SAMPLE[0]), rendered_by_vault_agent, _ours(filled), strict=True)
        if theirs != ours
    ]
    assert different == []
