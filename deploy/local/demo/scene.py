"""What stands ready when the demo begins: CRD and RBAC, the controller, the webhook, Vault's log-in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from deploy.local.demo.stage import Stage
from deploy.local.expose import expose
from deploy.local.http import Request, send
from deploy.local.network import LOOPBACK, free_port
from deploy.local.process import Command
from deploy.local.stack import PROGRAMS
from sealer.errors import ServiceError

if TYPE_CHECKING:
    from deploy.local.stack import Stack

DEPLOY: Final = Path(__file__).parents[2]
CONTROLLER: Final = "sealed-secrets-controller"
CONTROLLER_NAMESPACE: Final = "kube-system"
INJECTOR: Final = "sealer-injector"
INJECTOR_NAMESPACE: Final = "sealer-system"
NAMESPACE: Final = "shop"
OTHER_NAMESPACE: Final = "other"
READY_SECONDS: Final = 30
POLICY: Final = 'path "secret/*" { capabilities = ["read"] }'


def set_scene(stack: Stack) -> Stage:
    """Install and start everything that the flows use, and return the stage to show them on."""
    print("Installing the CRD and RBAC, and starting the controller and the webhook …", flush=True)
    cluster = stack.control_plane
    for namespace in (NAMESPACE, OTHER_NAMESPACE):
        cluster.create_namespace(namespace)
    _start_controller(stack)
    _start_injector(stack)
    _configure_vault(stack)
    folder = stack.folder / "work"
    folder.mkdir()
    return Stage(folder, _environment(stack))


def _environment(stack: Stack) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("VAULT_", "SEALE"))}
    return environment | {
        **stack.control_plane.environment(),
        **{key: value for key, value in stack.vault.environment().items() if key.startswith("VAULT_")},
        "PATH": os.pathsep.join((str(PROGRAMS), str(stack.folder / "bin"), os.environ.get("PATH", os.defpath))),
    }


def _start_controller(stack: Stack) -> None:
    """Start the controller under its own service account, reachable through the API server's service proxy."""
    cluster, port = stack.control_plane, free_port(stack.control_plane.machine_address())
    cluster.apply((DEPLOY / "crds" / "sealedsecrets.bitnami.com.yaml").read_text())
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd/sealedsecrets.bitnami.com")
    for name in ("service-account.yaml", "rbac.yaml", "service-proxier.yaml"):
        cluster.kubectl("apply", "-n", CONTROLLER_NAMESPACE, "-f", str(DEPLOY / "base" / "controller" / name))
    expose(cluster, CONTROLLER_NAMESPACE, CONTROLLER, port=8080, target_port=port, port_name="http")
    kubeconfig = cluster.service_account_kubeconfig(CONTROLLER_NAMESPACE, CONTROLLER)
    process = stack.add(
        Command(
            name="sealer-controller",
            arguments=(
                str(PROGRAMS / "sealer-controller"),
                "--listen-addr",
                f"{cluster.machine_address()}:{port}",
                "--listen-metrics-addr",
                "127.0.0.1:0",
            ),
            log=stack.folder / "logs" / "sealer-controller.log",
            environment=cluster.environment(kubeconfig) | {"POD_NAMESPACE": CONTROLLER_NAMESPACE},
        )
    )
    address = f"http://{cluster.machine_address()}:{port}/readyz"
    process.wait_until(lambda: _answers(address), seconds=READY_SECONDS)


def _answers(address: str) -> bool:
    try:
        send(Request("GET", address, None, {}))
    except ServiceError:
        return False
    return True


def _start_injector(stack: Stack) -> None:
    cluster, port = stack.control_plane, free_port()
    cluster.create_namespace(INJECTOR_NAMESPACE)
    for name in ("service-account.yaml", "rbac.yaml"):
        cluster.kubectl("apply", "-n", INJECTOR_NAMESPACE, "-f", str(DEPLOY / "base" / "injector" / name))
    cluster.apply(_webhook(f"https://{LOOPBACK}:{port}/mutate"))
    kubeconfig = cluster.service_account_kubeconfig(INJECTOR_NAMESPACE, INJECTOR)
    stack.add(
        Command(
            name="sealer-injector",
            arguments=(
                str(PROGRAMS / "sealer-injector"),
                *("--listen", f"{LOOPBACK}:{port}"),
                *("--vault-address", stack.vault.address),
                *("--tls-auto", INJECTOR, "--tls-auto-hosts", LOOPBACK),
            ),
            log=stack.folder / "logs" / "sealer-injector.log",
            environment=cluster.environment(kubeconfig) | {"POD_NAMESPACE": INJECTOR_NAMESPACE},
        )
    )
    configuration = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{INJECTOR}"
    cluster.wait_for(
        "the webhook's certificate",
        lambda: bool(cluster.request("GET", configuration)["webhooks"][0]["clientConfig"].get("caBundle")),
    )


def _webhook(url: str) -> str:
    """Return the webhook's registration with the address of a process of this machine in place of a Service."""
    manifest = yaml.safe_load((DEPLOY / "base" / "injector" / "webhook.yaml").read_text())
    for webhook in manifest["webhooks"]:
        webhook["clientConfig"] = {"url": url}
        webhook["failurePolicy"] = "Fail"
    text: str = yaml.safe_dump(manifest)
    return text


def _configure_vault(stack: Stack) -> None:
    vault, cluster = stack.vault, stack.control_plane
    cluster.create_service_account(NAMESPACE, "app")
    vault.write_policy("app", POLICY)
    vault.enable_kubernetes(cluster)
    vault.kubernetes_role("app", policies=["app"], service_accounts=["app"], namespaces=[NAMESPACE])
