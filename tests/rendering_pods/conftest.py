"""`sealer-injector render` on manifests, and the webhook that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml
from click.testing import CliRunner

from injector.webhook.render import command
from sealer.errors import SealerError
from tests.admission.conftest import FLAGS, labelled, webhook

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["labelled", "webhook"]  # fixtures
PREFIX: Final = "vault.hashicorp.com/"
ASKS: Final = {PREFIX + "agent-inject": "true", PREFIX + "role": "app", PREFIX + "agent-inject-secret-db": "secret/db"}


@dataclass(frozen=True)
class Rendered:
    """What the command left."""

    code: int
    output: str
    errors: str

    @property
    def documents(self) -> list[Any]:
        return list(yaml.safe_load_all(self.output))


def render(*arguments: str, stdin: str | None = None, environment: dict[str, str] | None = None) -> Rendered:
    """Run the command with the flags that the webhook of these tests has."""
    done = CliRunner(env=environment).invoke(
        command, [*FLAGS, *arguments], input=stdin, prog_name="sealer-injector render", standalone_mode=False
    )
    if isinstance(done.exception, SealerError):
        return Rendered(done.exception.exit_code, done.stdout, done.stderr + f"error: {done.exception.message}\n")
    if done.exception is not None:
        raise done.exception
    return Rendered(done.return_value, done.stdout, done.stderr)


def render_file(folder: Path, manifests: list[dict[str, Any]], *arguments: str) -> Rendered:
    """Run it on manifests in a file."""
    file = folder / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(manifests))
    return render("-f", str(file), *arguments)


def pod(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod as a person writes it."""
    metadata = {"name": "web", "annotations": ASKS if annotations is None else annotations}
    containers = [{"name": "web", "image": "web:1"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers, **spec}}


def workload(kind: str, api_version: str, template: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object of a kind that makes pods."""
    own = template or {"metadata": {"annotations": ASKS}, "spec": pod()["spec"]}
    spec: dict[str, Any] = {"template": own}
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}}
    if kind == "PodTemplate":
        return {**manifest, "template": own}
    return {**manifest, "spec": {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec}
