"""Make a process of this machine reachable through the API server's service proxy.

The proxy dials the addresses of an `Endpoints` object (it does not read EndpointSlices), skips loopback ones, and
wants each address to refer to a Pod (`targetRef`) that has this very address in its status. So all three objects are
made for a process that listens on the machine's own address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from deploy.local.kubernetes import MERGE_PATCH, Cluster

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]


def expose(  # noqa: PLR0913  # keyword-only, and each is a field of the Service that is made
    cluster: Cluster,
    namespace: str,
    service: str,
    *,
    port: int,
    target_port: int,
    labels: Mapping[str, str] | None = None,
    port_name: str = "",
) -> None:
    """Make or replace the Service `service`, its Endpoints, and the Pod `SERVICE-0` behind it.

    Args:
        cluster: The API server.
        namespace: Of all three; its `default` service account must exist.
        service: Name of the Service.
        port: Port of the Service, as clients name it.
        target_port: Port on which the process listens at `cluster.machine_address()`.
        labels: Object labels of Pod and Service.
        port_name: Name of the port, if it has one.

    """
    address, pod = cluster.machine_address(), f"{service}-0"
    # A Pod's specification is immutable, and one from an earlier run may be there.
    cluster.kubectl("delete", "pod", pod, "-n", namespace, "--ignore-not-found", "--now")
    objects = [
        pod_object(namespace, pod, labels or {}),
        service_object(namespace, service, labels or {}, {"port": port, "targetPort": target_port, "name": port_name}),
        endpoints_object(namespace, service, pod, address, {"port": target_port, "name": port_name}),
    ]
    cluster.apply(yaml.safe_dump_all(objects))
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/status"
    cluster.request("PATCH", path, {"status": running_status(address)}, content_type=MERGE_PATCH)


def pod_object(namespace: str, name: str, labels: Mapping[str, str]) -> Json:
    """Return a Pod that stands for a process outside of any node; it passes the restricted Pod Security level."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {"name": "process", "image": "sealer.invalid/process", "securityContext": restricted}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {"containers": [container], "automountServiceAccountToken": False},
    }


def running_status(address: str) -> Json:
    """Return the status of a Pod that runs and is ready at an address."""
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": [{"type": "Ready", "status": "True"}],
    }


def service_object(namespace: str, name: str, labels: Mapping[str, str], port: Json) -> Json:
    """Return a Service without a selector: its Endpoints are written by hand."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {"ports": [_named(port)]},
    }


def endpoints_object(namespace: str, name: str, pod: str, address: str, port: Json) -> Json:
    """Return the Endpoints that lead to a Pod."""
    target = {"kind": "Pod", "name": pod, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": name, "namespace": namespace},
        "subsets": [{"addresses": [{"ip": address, "targetRef": target}], "ports": [_named(port)]}],
    }


def _named(port: Json) -> Json:
    return {key: value for key, value in port.items() if value != ""}
