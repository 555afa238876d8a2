"""One distribution, three import packages (docs/adr/0005), and nothing else in the wheel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ["controller", "injector", "sealer"]
SCRIPTS: Final = [
    "kubectl-sealer",
    "sealer",
    "sealer-agent",
    "sealer-controller",
    "sealer-injector",
    "sealer-kustomize",
]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network by the build backend of the environment."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_three_packages_stand_beside_each_other() -> None:
    """A package of the same name from elsewhere (`injector` is on PyPI) would stand in another folder."""
    parents = set()
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        parents.add(Path(spec.origin).parents[1])
    assert len(parents) == 1


def test_no_other_distribution_owns_one_of_the_packages() -> None:
    owners = importlib.metadata.packages_distributions()
    for name in PACKAGES:
        assert set(owners.get(name, ["sealer"])) == {"sealer"}


def test_nothing_locked_brings_a_package_of_the_same_name() -> None:
    locked = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert len(locked) > 50
    assert {"injector", "controller", "fastapi-injector", "flask-injector"}.isdisjoint(locked)


def test_versions_are_locked_without_download_addresses(project: dict[str, Any]) -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    assert "--hash" not in text
    locked = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["project"]["dependencies"], *(entry for extra in extras for entry in extra)]
    names = {re.split(r"[\[>=<~! ]", entry)[0].lower().replace("_", "-") for entry in wanted} - {"sealer"}
    assert names <= {name.replace("_", "-") for name in locked}


def test_the_wheel_holds_the_packages_and_their_types_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {*PACKAGES, next(top for top in tops if top.endswith(".dist-info"))}
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_passes_its_check(wheel: Path) -> None:
    command = [str(Path(sys.executable).with_name("check-wheel-contents")), str(wheel)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_scripts_carry_the_products_name(project: dict[str, Any]) -> None:
    assert sorted(project["project"]["scripts"]) == SCRIPTS


def test_contracts_name_every_package_of_the_layout(project: dict[str, Any]) -> None:
    """A module or package that no contract of its parent knows is one whose imports nobody minds."""
    linter = project["tool"]["importlinter"]
    assert sorted(linter["root_packages"]) == PACKAGES
    contracts = linter["contracts"]
    named = {word for contract in contracts for word in re.findall(r"[\w.]+", str(contract))}
    for package in ("sealer", "injector"):
        for path in (ROOT / package).iterdir():
            part = path.stem if path.suffix == ".py" else path.name
            if path.suffix == ".py" or (path / "__init__.py").exists():
                known = {part, f"{package}.{part}"} & named
                assert known or part.startswith("__"), f"{package}.{part} is in no contract"


EXTRAS: Final = {
    "": ["sealer", "kubectl-sealer"],
    "[controller]": ["sealer", "sealer-controller"],
    "[injector]": ["sealer", "sealer-injector", "sealer-agent"],
    "[kustomize]": ["sealer", "sealer-kustomize"],
    "[all]": SCRIPTS,
}


OWNERS: Final = """
from importlib.metadata import packages_distributions
print([packages_distributions()[name] for name in ("sealer", "controller", "injector")])
"""


@pytest.mark.real
@pytest.mark.parametrize("extra", EXTRAS)
def test_a_clean_environment_runs_what_its_extra_promises(wheel: Path, tmp_path: Path, extra: str) -> None:
    uv, python = str(Path(sys.executable).with_name("uv")), str(tmp_path / "venv" / "bin" / "python")
    output(tmp_path, uv, "venv", "--quiet", "--python", sys.executable, "venv")
    locked = ["--constraint", str(ROOT / "constraints.txt")]
    output(tmp_path, uv, "pip", "install", "--quiet", "--python", python, *locked, f"sealer{extra} @ {wheel.as_uri()}")
    for script in EXTRAS[extra]:
        assert "sage:" in output(tmp_path, str(Path(python).with_name(script)), "--help")
    assert output(tmp_path, str(Path(python).with_name("sealer")), "--version").startswith("sealer ")
    assert output(tmp_path, python, "-c", OWNERS).strip() == "[['sealer'], ['sealer'], ['sealer']]"


def output(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
