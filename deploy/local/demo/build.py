"""Flow 4: `kustomize build` brings a secret from Vault, by both of kustomize's protocols."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import yaml

from deploy.local.demo.inject import GREETING
from deploy.local.stack import PROGRAMS

if TYPE_CHECKING:
    from deploy.local.demo.stage import Stage
    from deploy.local.stack import Stack

GENERATOR: Final = """\
apiVersion: sealer.dev/v1alpha1
kind: SecretGenerator
metadata:
  name: hello
  namespace: shop{annotations}
spec:
  vault:
    auth:
      type: token
  data:
    - key: greeting
      path: secret/hello
      field: greeting
"""
FUNCTION: Final = """
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: sealer-kustomize"""
KUSTOMIZATION: Final = """\
generators:
  - generator.yaml
"""


def show(_: Stack, stage: Stage) -> None:
    """Build the same generator as a KRM function and as a legacy plugin."""
    stage.title("4. Build: kustomize brings a secret from Vault")
    stage.say("As a KRM function. Vault's address and token come from VAULT_ADDR and VAULT_TOKEN.")
    stage.write("krm/generator.yaml", GENERATOR.format(annotations=FUNCTION))
    stage.write("krm/kustomization.yaml", KUSTOMIZATION)
    _check(stage, stage.run("kustomize build --enable-alpha-plugins --enable-exec krm"))
    stage.say("By the legacy protocol, where kustomize finds the plugin by its API version and kind.")
    stage.run("mkdir -p plugin/sealer.dev/v1alpha1/secretgenerator")
    stage.run(f"ln -s {PROGRAMS / 'sealer-kustomize'} plugin/sealer.dev/v1alpha1/secretgenerator/SecretGenerator")
    stage.write("legacy/generator.yaml", GENERATOR.format(annotations=""))
    stage.write("legacy/kustomization.yaml", KUSTOMIZATION)
    _check(stage, stage.run("KUSTOMIZE_PLUGIN_HOME=$PWD/plugin kustomize build --enable-alpha-plugins legacy"))


def _check(stage: Stage, built: str) -> None:
    (secret,) = yaml.safe_load_all(built)
    value = base64.b64decode(secret["data"]["greeting"]).decode()
    stage.check("the built Secret holds the value that is in Vault", holds=value == GREETING)
