"""What takes a cluster, beside the real kubeseal: one API server, one real controller, the real service proxy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.interop.kubeseal.sites import secret
from tests.interop.kubeseal.test_side_by_side import same, words

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane
    from tests.interop.conftest import Peer
    from tests.interop.kubeseal.conftest import Both
    from tests.interop.kubeseal.sites import Ended

Json = dict[str, Any]
TEMPLATE = {
    "metadata": {
        "labels": {"app": "x"},
        "annotations": {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"},
    },
    "data": {"url": "x://{{ .password }}"},
    "type": "Opaque",
}


@pytest.fixture
def cluster(both: Both, peer: Peer, sealed: str) -> Both:
    """Both command lines with a kubeconfig, in a folder with SealedSecrets; the environment names the controller."""
    both.environ |= peer.environment | {"SEALED_SECRETS_CONTROLLER_NAMESPACE": peer.namespace}
    moved, wide, rich = json.loads(sealed), json.loads(sealed), json.loads(sealed)
    moved["metadata"]["name"] = "elsewhere"
    rich["metadata"] |= {"labels": {"team": "shop"}, "annotations": {"note": "kept"}}
    rich["spec"]["template"] = TEMPLATE
    wide["metadata"]["annotations"] = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
    both.files |= {
        "sealed.json": sealed,
        "sealed.yaml": "---\n" + yaml.safe_dump(json.loads(sealed)),
        "moved.json": json.dumps(moved),
        "rescoped.json": json.dumps(wide),
        "rich.json": json.dumps(rich, indent=2),
        "rich.yaml": "# a comment\n" + yaml.safe_dump(rich),
        "good-and-moved.json": sealed + json.dumps(moved),
    }
    return both


def both_ways(
    cluster: Both, line: str, stdin: str | bytes = b"", environ: dict[str, str] | None = None
) -> tuple[Ended, Ended]:
    return cluster.theirs(line, stdin, environ), cluster.ours(line, stdin, environ)


@pytest.mark.parametrize(
    "line",
    [
        "--fetch-cert",
        "--fetch-cert -w out.pem --request-timeout=20",
        "--fetch-cert --request-timeout 1m5s --disable-compression",
        "--validate -f sealed.json",
        "--validate -f sealed.yaml -o odd",
        "--re-encrypt -f sealed.json",
        "--re-encrypt -f sealed.yaml",
        "--re-encrypt -f sealed.json -w out.yaml",
        "--re-encrypt -f sealed.json -w out",
        "-f secret.yaml",
        "-f nowhere.yaml -n other -o yaml",
        "-f secret.yaml -w out.yaml",
        "--raw --scope namespace-wide -n shop --from-file value",
        "--merge-into sealed.json -f secret.yaml",
    ],
)
def test_both_do_the_same(cluster: Both, line: str) -> None:
    theirs, ours = both_ways(cluster, line)
    assert (theirs.code, theirs.err) == (0, ""), theirs.err
    assert (ours.code, ours.err) == (0, ""), ours.err
    assert same(theirs.out, ours.out)
    assert theirs.files.keys() == ours.files.keys()
    for name, content in theirs.files.items():
        assert same(content, ours.files[name]), f"{content}\n{ours.files[name]}"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--validate -f moved.json", "unable to decrypt sealed secret: elsewhere"),
        ("--validate -f rescoped.json", "unable to decrypt sealed secret: db"),
        ("--validate -f good-and-moved.json", "unable to decrypt sealed secret: elsewhere"),
        ("--re-encrypt -f moved.json", "cannot re-encrypt secret: "),
        ("--re-encrypt -f sealed.json -o odd", "unsupported output format: odd"),
        ("--fetch-cert --controller-name nope", 'cannot get sealed secret service: services "nope" not found.'),
        ("--fetch-cert --controller-name nope", "please, use the flag --controller-name and --controller-namespace"),
        ("--fetch-cert --as nobody", 'user "nobody" cannot get resource "services"'),
        ("--fetch-cert --context nope", 'context "nope" does not exist'),
        ("--fetch-cert --server https://127.0.0.1:1", "cannot get sealed secret service: "),
        ("--fetch-cert --tls-server-name wrong.example.com", "cannot get sealed secret service: "),
        ("-f nothing.yaml", "secret.data is empty"),
    ],
)
def test_both_refuse_in_the_same_words(cluster: Both, line: str, says: str) -> None:
    theirs, ours = both_ways(cluster, line)
    assert (theirs.code, ours.code) == (1, 1), f"{theirs}\n{ours}"
    assert words(says) in words(theirs.err)
    assert words(says) in words(ours.err)
    assert (theirs.files, ours.files, ours.out) == ({}, {}, "")


def test_flags_take_the_place_of_a_kubeconfig(cluster: Both, control_plane: ControlPlane, namespace: str) -> None:
    control_plane.create_service_account(namespace, "caller")
    token = control_plane.service_account_token(namespace, "caller")
    reach = f"--fetch-cert --server {control_plane.url} --token {token}"
    alone = {"KUBECONFIG": "/nonexistent"}
    for tls in (f"--certificate-authority {control_plane.authority}", "--insecure-skip-tls-verify"):
        theirs, ours = both_ways(cluster, f"{reach} {tls}", environ=alone)
        for ended in (theirs, ours):
            assert f'user "system:serviceaccount:{namespace}:caller" cannot get' in words(ended.err).replace("'", '"')
        assert token not in ours.err
    theirs, ours = both_ways(cluster, "--fetch-cert --as caller --as-group system:masters --as-uid 7")
    assert (theirs.code, ours.code) == (0, 0), ours.err
    assert theirs.out == ours.out


def test_a_cluster_and_a_user_are_chosen_by_name(cluster: Both, control_plane: ControlPlane) -> None:
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    [admin], [here] = config["users"], config["clusters"]
    config["users"] = [{"name": "nobody", "user": {}}, admin | {"name": "admin"}]
    config["clusters"] = [{"name": "nowhere", "cluster": {"server": "http://127.0.0.1:1"}}, here | {"name": "here"}]
    config["contexts"] = [{"name": "wrong", "context": {"cluster": "nowhere", "user": "nobody", "namespace": "ctx"}}]
    config["current-context"] = "wrong"
    cluster.files["config"] = yaml.safe_dump(config)
    theirs, ours = both_ways(cluster, "--kubeconfig config --cluster here --user admin -f nowhere.yaml")
    assert (theirs.code, ours.code) == (0, 0), ours.err
    assert theirs.out == ours.out
    assert "<ctx/db|b'hunter2'>" in ours.out


def test_reencrypting_keeps_all_but_the_values(cluster: Both) -> None:
    theirs, ours = both_ways(cluster, "--re-encrypt -f rich.json")
    dropped, kept = json.loads(theirs.files["rich.json"]), json.loads(ours.files["rich.json"])
    assert "data" not in dropped["spec"]["template"]
    assert "labels" not in dropped["metadata"]
    assert kept["metadata"]["labels"] == {"team": "shop"}
    assert kept["metadata"]["annotations"] == {"note": "kept"}
    assert kept["spec"]["template"] == TEMPLATE
    assert kept["spec"]["encryptedData"] == dropped["spec"]["encryptedData"] == {"password": "<shop/db|b'hunter2'>"}


def test_reencrypting_in_place_changes_the_lines_of_values_only(cluster: Both) -> None:
    ours = cluster.ours("--re-encrypt -f rich.yaml")
    assert (ours.code, ours.err) == (0, "")
    before = str(cluster.files["rich.yaml"]).splitlines()
    after = cluster.path("rich.yaml").read_text().splitlines()
    assert len(before) == len(after)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [line.strip().partition(":")[0] for line in changed] == ["password"]
    # The newest key has 4096 bits, and a value that is sealed to it begins so.
    assert changed[0].strip().startswith("password: Ag")


def test_reencrypting_a_broken_file_does_not_empty_it(cluster: Both) -> None:
    theirs, ours = both_ways(cluster, "--re-encrypt -f broken.yaml")
    assert (theirs.code, theirs.files) == (0, {"broken.yaml": ""})
    assert (ours.code, ours.files) == (1, {})
    assert "broken.yaml, document 1, line 1: not valid YAML" in ours.err


@pytest.mark.parametrize("name", ["broken.yaml", "empty"])
def test_what_is_no_sealed_secret_is_not_valid(cluster: Both, name: str) -> None:
    theirs, ours = both_ways(cluster, f"--validate -f {name}")
    assert (theirs.code, ours.code) == (0, 1)
    assert ours.err.startswith("error: ")


def test_a_hint_of_ours_follows_the_key(cluster: Both, sealed: str) -> None:
    hinted = json.loads(sealed)
    hinted["metadata"]["annotations"] = {"sealer.dev/sealed-with": "SHA256:old"}
    cluster.files["hinted.json"] = json.dumps(hinted)
    assert cluster.ours("--re-encrypt -f hinted.json").code == 0
    found = json.loads(cluster.path("hinted.json").read_text())["metadata"]["annotations"]
    assert found["sealer.dev/sealed-with"].startswith("SHA256:")
    assert found["sealer.dev/sealed-with"] != "SHA256:old"


def test_a_secret_of_the_wrong_namespace_is_not_sealed(cluster: Both) -> None:
    cluster.files["there.yaml"] = secret({"namespace": "other"})
    theirs, ours = both_ways(cluster, "-f there.yaml -n shop")
    assert (theirs.code, ours.code) == (1, 1)
    assert theirs.err.strip() == ours.err.splitlines()[0]


def test_only_the_values_are_sent_to_be_resealed(both: Both, monkeypatch: pytest.MonkeyPatch, sealed: str) -> None:
    rich = json.loads(sealed)
    rich["metadata"]["labels"] = {"team": "shop"}
    rich["spec"]["template"] = TEMPLATE
    both.files["rich.json"] = json.dumps(rich)
    sent: list[Json] = []

    class Recording:
        def rotate(self, manifest: Json) -> Json:
            sent.append(manifest)
            return manifest

    monkeypatch.setattr("sealer.cli.kubeseal.online.controller", lambda _options: Recording())
    assert both.ours("--re-encrypt -f rich.json").code == 0
    assert sent[0]["spec"] == {"encryptedData": rich["spec"]["encryptedData"], "template": {"metadata": {}}}
    assert sent[0]["metadata"] == {"name": "db", "namespace": "shop", "annotations": {}}
