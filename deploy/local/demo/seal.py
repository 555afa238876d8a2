"""Flow 1: a file becomes a SealedSecret, and the SealedSecret a Secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.local.demo.stage import Stage
    from deploy.local.stack import Stack

VALUE = "correct horse battery staple"


def show(_: Stack, stage: Stage) -> None:
    """Seal a file with the controller's certificate, apply it, and read the Secret back."""
    stage.title("1. Seal a file, commit the SealedSecret, get the Secret")
    stage.write("password.txt", VALUE)
    stage.say("The certificate comes from the controller, through the API server's service proxy.")
    stage.run("sealer seal --name db --namespace shop --from-file password=password.txt -w db.yaml")
    stage.run("cut -c1-100 db.yaml")
    stage.check("the SealedSecret does not hold the value", holds=VALUE not in (stage.folder / "db.yaml").read_text())
    stage.run("sealer verify db.yaml")
    stage.run("kubectl apply -f db.yaml")
    stage.wait("kubectl get sealedsecret db -n shop", "True")
    stage.run("kubectl get secret db -n shop")
    value = stage.run("kubectl get secret db -n shop -o jsonpath='{.data.password}' | base64 -d")
    stage.check("the Secret in the cluster holds the value of the file", holds=value == VALUE)
    stage.say("With the certificate in the repository, sealing needs no cluster.")
    stage.run("sealer cert -w cert.pem")
    stage.run('printf %s "$RANDOM" | sealer seal --cert cert.pem --raw --name db --namespace shop | cut -c1-60')
