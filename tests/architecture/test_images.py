"""The images, as far as their recipe tells: what they start is there, and built by the tool chain that it asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from tests.admission import pods

ROOT: Final = Path(__file__).parents[2]
RECIPE: Final = (ROOT / "deploy" / "images" / "Containerfile").read_text()


def test_every_image_starts_a_program_of_the_distribution() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    started = re.findall(r'^(?:ENTRYPOINT|CMD) \["([^"]+)"', RECIPE, re.MULTILINE)
    assert set(started) == {"sealer-controller", "sealer-injector", "sealer-agent"}
    assert set(started) <= set(scripts)


def test_no_image_runs_as_root() -> None:
    for stage in re.split(r"^FROM ", RECIPE, flags=re.MULTILINE):
        if "ENTRYPOINT" in stage or "CMD" in stage:
            user = re.search(r"^USER (\d+):\d+$", stage, re.MULTILINE)
            assert user is not None
            assert int(user[1]) > 0


def test_the_launcher_is_built_by_the_go_that_its_module_asks_for() -> None:
    module = (ROOT / "deploy" / "images" / "launch" / "go.mod").read_text()
    wanted = re.search(r"^go (\S+)$", module, re.MULTILINE)
    used = re.search(r"golang:(\S+)", RECIPE)
    assert wanted is not None
    assert used is not None
    assert wanted[1] == used[1]


def test_what_the_recipe_copies_is_there() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", RECIPE, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source


def test_nothing_that_the_webhook_mounts_hides_the_agents_programs() -> None:
    stage = next(one for one in re.split(r"^FROM ", RECIPE, flags=re.MULTILINE) if " AS agent\n" in one)
    copied = [line.split()[-1] for line in re.findall(r"^COPY --from=(.+)$", stage, re.MULTILINE)]
    assert len(copied) == 2
    everything = pods.basic(
        agent_cache_enable="true", tls_secret="ca", agent_extra_secret="extra", agent_inject_secret_a="secret/a"
    )
    everything["spec"]["containers"][0]["command"] = ["web"]
    own = {"env-A": "secret/a#b", "service-account-token-audience": "vault"}
    for native in ("true", "false"):
        result = pods.injected(pods.own(everything, **own, **{"native-sidecar": native}))
        containers = [*result["spec"]["containers"], *result["spec"]["initContainers"]]
        agents = [one for one in containers if one["name"].startswith("vault-agent")]
        paths = {str(mount["mountPath"]) for agent in agents for mount in agent["volumeMounts"]}
        assert {"/vault/secrets", "/sealer", "/vault/tls", "/vault/custom"} <= paths
        for path in paths:
            assert not [program for program in copied if f"{program}/".startswith(f"{path}/")], path
