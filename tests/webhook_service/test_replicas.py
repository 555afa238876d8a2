"""Two replicas with automatic TLS: one certificate, and no review that fails whatever happens to it."""

from __future__ import annotations

import json
import signal

from cryptography import x509

from deploy.local.network import free_port
from tests.admission import pods
from tests.webhook_service.conftest import ACCOUNT, SECRET, Installed, wait_for

SHORT = ("--tls-validity", "3s", "--tls-ca-validity", "6s")


def test_replicas_share_one_certificate_and_register_it_on_every_entry(installed: Installed) -> None:
    ports = (free_port(), free_port())
    replicas = [installed.start(port) for port in ports]
    for port, replica in zip(ports, replicas, strict=True):
        installed.wait_until_ready(port, replica)
    assert installed.bundles() == [installed.stored()["ca.crt"]] * 2
    assert [installed.review(port) for port in ports] == [True, True]
    assert sum("step=" in one.output() or "registered" in one.output() for one in replicas) == 1


def test_a_restart_goes_on_with_the_certificate_that_is_there(installed: Installed) -> None:
    port = free_port()
    first = installed.start(port)
    installed.wait_until_ready(port, first)
    stored = installed.stored()
    installed.processes.stop(first)
    assert first.exit_code == 0
    installed.wait_until_ready(port, installed.start(port))
    assert installed.stored() == stored


def test_a_thousand_reviews_across_renewals_of_leaf_and_ca_none_failed(installed: Installed) -> None:
    """Lives of seconds; each review over a connection of its own, trusting what is registered at that moment."""
    ports = (free_port(), free_port())
    for port in ports:
        installed.wait_until_ready(port, installed.start(port, *SHORT))
    leaves: set[bytes] = set()
    authorities: set[x509.Certificate] = set()
    reviews = 0
    # A third CA, so that the first has been dropped by then.
    while reviews < 1000 or len(authorities) < 3:
        assert installed.review(ports[reviews % 2])
        if reviews % 10 == 0:
            stored = installed.stored()
            leaves.add(stored["tls.crt"])
            authorities.add(x509.load_pem_x509_certificates(stored["ca.crt"])[0])
        reviews += 1
    assert len(leaves) > len(authorities)


def test_another_replica_renews_when_the_one_that_did_is_killed(installed: Installed) -> None:
    ports = (free_port(), free_port())
    first = installed.start(ports[0])
    installed.wait_until_ready(ports[0], first)
    second = installed.start(ports[1])
    installed.wait_until_ready(ports[1], second)
    first.send_signal(signal.SIGKILL)
    installed.cluster.kubectl("delete", "secret", SECRET, "-n", installed.namespace)
    wait_for("the Secret is back", installed.stored, seconds=60)
    # What was trusted stays trusted: it is the certificate that the second served all the time.
    assert installed.review(ports[1])


def test_a_registration_that_loses_its_bundle_gets_it_back(installed: Installed) -> None:
    port = free_port()
    installed.wait_until_ready(port, installed.start(port, "--tls-validity", "1h"))
    before = installed.bundles()
    patch = [{"op": "remove", "path": f"/webhooks/{index}/clientConfig/caBundle"} for index in range(2)]
    kind = ("mutatingwebhookconfiguration", installed.name)
    installed.cluster.kubectl("patch", *kind, "--type=json", "-p", json.dumps(patch))
    wait_for("the bundle is back", lambda: installed.bundles() == before)


def test_without_a_right_it_is_not_ready_says_so_and_heals(installed: Installed) -> None:
    installed.cluster.kubectl("delete", "clusterrolebinding", installed.name)
    port = free_port()
    process = installed.start(port)
    process.wait_until(lambda: "is forbidden" in process.output(), seconds=30)
    assert "mutatingwebhookconfigurations" in process.output()
    assert "Traceback" not in process.output()
    role = ("--clusterrole", installed.name, "--serviceaccount", f"{installed.namespace}:{ACCOUNT}")
    installed.cluster.kubectl("create", "clusterrolebinding", installed.name, *role)
    installed.wait_until_ready(port, process)


def test_a_pod_created_through_the_api_server_is_injected(installed: Installed) -> None:
    port = installed.port
    installed.wait_until_ready(port, installed.start(port))
    manifest = pods.basic()
    manifest["metadata"] = {"name": "web", "annotations": manifest["metadata"]["annotations"]}
    manifest["spec"] = {"containers": [{"name": "web", "image": "web:1"}]}
    path = f"/api/v1/namespaces/{installed.namespace}/pods?dryRun=All"
    created = installed.cluster.request("POST", path, manifest)
    assert [one["name"] for one in created["spec"]["initContainers"]] == ["vault-agent-init"]


def test_sigterm_before_there_is_a_certificate_ends_at_once(installed: Installed) -> None:
    installed.cluster.kubectl("delete", "rolebinding", ACCOUNT, "-n", installed.namespace)
    process = installed.start(free_port())
    process.wait_until(lambda: "is forbidden" in process.output(), seconds=30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_a_port_that_is_taken_is_an_error(installed: Installed) -> None:
    port = free_port()
    installed.wait_until_ready(port, installed.start(port))
    second = installed.start(port)
    assert second.wait(20) == 2
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in second.output()
