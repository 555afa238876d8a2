"""Flow 2: a SealedSecret that was moved opens as far as its scope allows, and no further."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from deploy.local.demo.stage import Stage
    from deploy.local.stack import Stack

COLUMNS: Final = (
    "-o custom-columns='NAME:.metadata.name,SYNCED:.status.conditions[0].status,"
    "REASON:.status.conditions[0].reason,MESSAGE:.status.conditions[0].message'"
)


def show(_: Stack, stage: Stage) -> None:
    """Move SealedSecrets of each scope to another name and another namespace."""
    stage.title("2. Scopes: what may be moved where")
    stage.say("Strict: neither under another name nor in another namespace.")
    stage.run("sed 's/^  name: db/  name: stolen/' db.yaml | kubectl apply -f -")
    stage.run("sed 's/^  namespace: shop/  namespace: other/' db.yaml | kubectl apply -f -")
    _refused(stage, "stolen", "shop")
    _refused(stage, "db", "other")
    stage.say("Namespace-wide: under any name, in that namespace only.")
    stage.run("sealer seal --scope namespace-wide --name n --namespace shop --from-file password.txt -w n.yaml")
    stage.run("sed 's/^  name: n$/  name: renamed/' n.yaml | kubectl apply -f -")
    stage.run("sed 's/^  namespace: shop/  namespace: other/' n.yaml | kubectl apply -f -")
    _opens(stage, "renamed", "shop")
    _refused(stage, "n", "other")
    stage.say("Cluster-wide: under any name, in any namespace.")
    stage.run("sealer seal --scope cluster-wide --name c --namespace shop --from-file password.txt -w c.yaml")
    stage.run(
        "sed 's/^  namespace: shop/  namespace: other/; s/^  name: c$/  name: moved/' c.yaml | kubectl apply -f -"
    )
    _opens(stage, "moved", "other")


def _refused(stage: Stage, name: str, namespace: str) -> None:
    stage.wait(f"kubectl get sealedsecret {name} -n {namespace} {COLUMNS}", "DecryptFailed")
    selector = f"--field-selector involvedObject.name={name},reason=ErrUnsealFailed"
    stage.wait(f"kubectl get events -n {namespace} {selector}", "ErrUnsealFailed")
    # `kubectl get` fails for an object that is not there.
    stage.run(f"kubectl get secret {name} -n {namespace}", fails=True)


def _opens(stage: Stage, name: str, namespace: str) -> None:
    stage.wait(f"kubectl get sealedsecret {name} -n {namespace} {COLUMNS}", "True")
    stage.run(f"kubectl get secret {name} -n {namespace}")
