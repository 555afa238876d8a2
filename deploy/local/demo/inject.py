"""Flow 3: an annotated Pod gets an init container that brings its secret from Vault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from deploy.local.init_container import prepare
from deploy.local.stack import PROGRAMS

if TYPE_CHECKING:
    from deploy.local.demo.stage import Stage
    from deploy.local.stack import Stack

POD: Final = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations:
    vault.hashicorp.com/agent-inject: "true"
    vault.hashicorp.com/agent-inject-secret-hello.txt: secret/hello
    vault.hashicorp.com/role: app
spec:
  serviceAccountName: app
  containers:
    - name: web
      image: nginx
"""
GREETING: Final = "hello from Vault"
WRITTEN: Final = "vault/secrets/hello.txt"


def show(stack: Stack, stage: Stage) -> None:
    """Create an annotated Pod through the API server, and run the init container that comes back."""
    stage.title("3. Inject: an annotated Pod gets its secret from Vault")
    stage.run(f"vault kv put secret/hello greeting='{GREETING}'")
    stage.write("pod.yaml", POD)
    stage.run("kubectl apply -f pod.yaml")
    for field in (
        "{.spec.initContainers[0].name} {.spec.initContainers[0].command} {.spec.initContainers[0].args}",
        '{.spec.volumes[?(@.name=="vault-secrets")]}',
        '{.spec.containers[0].volumeMounts[?(@.name=="vault-secrets")]}',
    ):
        stage.run(f"kubectl get pod web -n shop -o jsonpath='{field}'")
    pod = json.loads(stack.control_plane.kubectl("get", "pod", "web", "-n", "shop", "-o", "json"))
    root = stage.folder / "web"
    container = prepare(stack.control_plane, pod, "vault-agent-init", root)
    stage.say(
        "There is no kubelet here, so its work is done by hand: the container's command runs as a process, with its"
    )
    print("# environment and a real service-account token; the folder `web` stands for the container's file system.")
    print(f"$ {' '.join(container.arguments)} --root web", flush=True)
    done = container.run(str(PROGRAMS))
    print((done.stdout + done.stderr).rstrip(), flush=True)
    stage.check("the agent ended well", holds=done.returncode == 0)
    written = stage.run(f"cat web/{WRITTEN}")
    stage.check("the file holds the value that is in Vault", holds=GREETING in written)
