"""Flow 2: a SealedSecret that was moved opens as far as its scope allows, and no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.local.demo.stage import Stage
    from deploy.local.stack import Stack


def show(_: Stack, stage: Stage) -> None:
    """Move SealedSecrets of each scope to another name and another namespace."""
    stage.title("2. Scopes: what may be moved where")
    stage.say("Strict: neither under another name nor in another namespace.")
    stage.run("sed 's/^  name: db/  name: stolen/' db.yaml | kubectl apply -f -")
    stage.run("sed 's/^  namespace: shop/  namespace: other/' db.yaml | kubectl apply -f -")
    _refused(stage, "stolen", "shop")
    _refused(stage, "db", "other")
    stage.say("Namespace-wide: under any name, in that namespace only.")
    stage.run("sealer seal --scope namespace-wide --name team --namespace shop --from-file password.txt -w team.yaml")
    stage.run("sed 's/^  name: team/  name: renamed/' team.yaml | kubectl apply -f -")
    stage.run("sed 's/^  namespace: shop/  namespace: other/' team.yaml | kubectl apply -f -")
    _opens(stage, "renamed", "shop")
    _refused(stage, "team", "other")
    stage.say("Cluster-wide: under any name, in any namespace.")
    stage.run("sealer seal --scope cluster-wide --name all --namespace shop --from-file password.txt -w all.yaml")
    stage.run("sed 's/^  name: all/  name: moved/; s/^  namespace: shop/  namespace: other/' all.yaml > moved.yaml")
    stage.run("kubectl apply -f moved.yaml")
    _opens(stage, "moved", "other")


def _refused(stage: Stage, name: str, namespace: str) -> None:
    stage.wait(f"kubectl get sealedsecret {name} -n {namespace}", "False")
    selector = f"--field-selector involvedObject.name={name},reason=ErrUnsealFailed"
    stage.wait(f"kubectl get events -n {namespace} {selector}", "ErrUnsealFailed")
    # `kubectl get` fails for an object that is not there.
    stage.run(f"kubectl get secret {name} -n {namespace}", fails=True)


def _opens(stage: Stage, name: str, namespace: str) -> None:
    stage.wait(f"kubectl get sealedsecret {name} -n {namespace}", "True")
    stage.run(f"kubectl get secret {name} -n {namespace}")
