"""What kubeseal loses, with the same command kept or refused: reference, sealed-secrets 3.4, and more of the kind."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sealer import __version__
from sealer.scope import Scope
from sealer.seal import seal_value
from tests.interop.kubeseal.sites import RECIPIENT, secret
from tests.support.vectors import load

if TYPE_CHECKING:
    from tests.interop.kubeseal.conftest import Both

Json = dict[str, Any]
CERT = "--cert cert.pem"
RECOVER = "--recovery-unseal --recovery-private-key key.pem"
SCOPE = "sealedsecrets.bitnami.com/"


def as_yaml(sealed: str, **metadata: Any) -> str:
    manifest: Json = json.loads(sealed)
    manifest["metadata"] |= metadata
    return yaml.safe_dump(manifest)


def items(text: str) -> dict[str, str]:
    found: Json = yaml.safe_load(text)
    return {key: value.partition("|")[2].rstrip(">") for key, value in found["spec"]["encryptedData"].items()}


def test_a_broken_document_stops_the_sealing_instead_of_being_dropped(both: Both) -> None:
    both.files["mixed.yaml"] = secret() + "---\na: [\n---\n" + secret({"name": "db2"})
    theirs, ours = both.theirs(f"{CERT} -f mixed.yaml"), both.ours(f"{CERT} -f mixed.yaml -w out.json")
    assert (theirs.code, theirs.out.count("SealedSecret")) == (0, 2)
    assert (ours.code, ours.out, ours.files) == (1, "", {})
    assert "mixed.yaml, document 2, line 10: not valid YAML" in ours.err


def test_a_document_that_is_no_secret_is_refused(both: Both) -> None:
    both.files["map.yaml"] = secret(kind="ConfigMap")
    assert both.theirs(f"{CERT} -f map.yaml").code == 0
    ours = both.ours(f"{CERT} -f map.yaml")
    assert (ours.code, ours.out) == (1, "")
    assert "map.yaml, document 1, line 1: expected v1 Secret, found v1 ConfigMap" in ours.err


def test_a_list_is_sealed_item_by_item(both: Both) -> None:
    listed = [yaml.safe_load(secret()), yaml.safe_load(secret({"name": "db2"}))]
    both.files["list.yaml"] = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": listed})
    assert both.theirs(f"{CERT} -f list.yaml").code == 1
    ours = both.ours(f"{CERT} -f list.yaml")
    assert ours.code == 0
    assert "<shop/db|b'hunter2'>" in ours.out
    assert "<shop/db2|b'hunter2'>" in ours.out


def test_words_without_quotes_are_sealed_as_they_are_written(both: Both) -> None:
    plain = "stringData: {n: no, port: 0755, version: 1.10, big: 1e3, on: ~}\n"
    both.files["plain.yaml"] = secret(data=None) + plain
    theirs, ours = both.theirs(f"{CERT} -f plain.yaml"), both.ours(f"{CERT} -f plain.yaml")
    assert items(theirs.out)["false"] == "b'false'"
    assert items(ours.out) == {"n": "b'no'", "port": "b'0755'", "version": "b'1.10'", "big": "b'1e3'", "on": "b''"}


def test_labels_and_annotations_without_quotes_stay_as_they_are_written(both: Both) -> None:
    both.files["plain.yaml"] = (
        f"metadata: {{name: 007, namespace: shop, labels: {{v: 1.10}}, annotations: {{{SCOPE}namespace-wide: yes}}}}\n"
        "stringData: {a: b}\n"
    )
    found = json.loads(both.ours(f"{CERT} -f plain.yaml").out)
    assert found["spec"]["template"]["metadata"]["labels"] == {"v": "1.10"}
    assert found["metadata"]["name"] == "007"
    assert found["spec"]["encryptedData"] == {"a": "<shop|b'b'>"}
    assert "<shop|b'b'>" in both.theirs(f"{CERT} -f plain.yaml").out


def test_a_misspelt_field_is_refused(both: Both) -> None:
    both.files["typo.yaml"] = secret(stringdataa={"lost": "x"})
    assert "lost" not in both.theirs(f"{CERT} -f typo.yaml").out
    ours = both.ours(f"{CERT} -f typo.yaml")
    assert ours.code == 1
    assert "did you mean stringData?" in ours.err


def test_strict_scope_that_is_asked_for_is_had(both: Both) -> None:
    words = f"{CERT} -f cluster.yaml --scope strict"
    theirs, ours = json.loads(both.theirs(words).out), json.loads(both.ours(words).out)
    assert theirs["spec"]["encryptedData"] == {"password": "<|b'hunter2'>"}
    assert ours["spec"]["encryptedData"] == {"password": "<shop/db|b'hunter2'>"}
    assert "annotations" not in ours["metadata"]


def test_words_that_are_no_flags_are_told(both: Both) -> None:
    ours = both.ours(f"{CERT} secret.yaml -f secret.json")
    assert ours.code == 0
    assert ours.err == "note: words that are no flags are ignored: 1 of them\n"


@pytest.mark.parametrize("mode", ["--validate", "--re-encrypt"])
@pytest.mark.parametrize(("name", "says"), [("broken.yaml", "not valid YAML"), ("empty", "no secrets found")])
def test_a_file_that_cannot_be_read_is_an_error_and_stays(both: Both, mode: str, name: str, says: str) -> None:
    ours = both.ours(f"{mode} -f {name}")
    assert (ours.code, ours.files) == (1, {})
    assert says in ours.err


@pytest.mark.parametrize("mode", ["--validate", "--re-encrypt"])
def test_a_plain_secret_is_no_sealed_one(both: Both, mode: str) -> None:
    ours = both.ours(f"{mode} -f secret.yaml")
    assert (ours.code, ours.files) == (1, {})
    assert "expected bitnami.com/v1alpha1 SealedSecret, found v1 Secret" in ours.err


def test_merging_keeps_the_format_the_comments_and_every_other_line(both: Both, sealed: str) -> None:
    text = "# for the shop\n" + as_yaml(sealed).replace("  template:", "  # what it becomes\n  template:")
    both.files |= {"x.yaml": text, "new.yaml": secret(data={"second": "Mg=="})}
    words = f"{CERT} --merge-into x.yaml -f new.yaml"
    assert both.theirs(words).files["x.yaml"].startswith("{")
    assert both.ours(words).code == 0
    before, after = text.splitlines(), both.path("x.yaml").read_text().splitlines()
    added = [line for line in after if line not in before]
    assert [line.partition(":")[0] for line in added] == ["    second"]
    assert [line for line in after if line in before] == before


def test_merging_makes_the_labels_that_are_not_there(both: Both, sealed: str) -> None:
    both.files |= {"x.json": sealed, "new.yaml": secret({"labels": {"a": "b"}, "annotations": {"c": "d"}})}
    words = f"{CERT} --merge-into x.json -f new.yaml"
    theirs, ours = both.theirs(words), both.ours(words)
    assert theirs.code == 2
    assert "panic: assignment to entry in nil map" in theirs.err
    assert ours.code == 0
    metadata = json.loads(ours.files["x.json"])["spec"]["template"]["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"a": "b"}, {"c": "d"})


def test_merging_seals_for_the_scope_of_the_target(both: Both, sealed: str) -> None:
    wide = both.ours(f"{CERT} -f wide.yaml")
    assert wide.code == 0
    target = json.loads(sealed)
    target["metadata"]["annotations"] = {f"{SCOPE}namespace-wide": "true"}
    target["spec"]["encryptedData"] = {}
    both.files["wide.json"] = json.dumps(target)
    both.path("wide.json").write_text(json.dumps(target))
    words = f"{CERT} --merge-into wide.json -f secret.yaml"
    assert "<shop/db|b'hunter2'>" in both.theirs(words).files["wide.json"]
    assert "<shop|b'hunter2'>" in both.ours(words).files["wide.json"]


def test_merging_refuses_another_scope_than_the_target_has(both: Both, sealed: str) -> None:
    both.files["x.json"] = sealed
    ours = both.ours(f"{CERT} --merge-into x.json -f secret.yaml --scope cluster-wide")
    assert (ours.code, ours.files) == (1, {})
    assert "x.json is strict, but --scope cluster-wide was given" in ours.err


def test_merging_takes_every_document_of_the_input(both: Both, sealed: str) -> None:
    first, second = secret(data={"one": "MQ=="}), secret({"name": "db2"}, data={"two": "Mg=="})
    both.files |= {"x.yaml": as_yaml(sealed), "both.yaml": first + "---\n" + second}
    words = f"{CERT} --merge-into x.yaml -o yaml -f both.yaml"
    assert items(both.theirs(words).files["x.yaml"]).keys() == {"password", "one"}
    assert items(both.ours(words).files["x.yaml"]) == {"password": "b'hunter2'", "one": "b'1'", "two": "b'2'"}


def test_merging_refuses_a_file_of_several(both: Both, sealed: str) -> None:
    both.files["x.yaml"] = as_yaml(sealed) + "---\n" + as_yaml(sealed, name="db2")
    assert "db2" not in both.theirs(f"{CERT} --merge-into x.yaml -f secret.yaml").files["x.yaml"]
    ours = both.ours(f"{CERT} --merge-into x.yaml -f secret.yaml")
    assert (ours.code, ours.files) == (1, {})
    assert "x.yaml holds 2 SealedSecrets" in ours.err


@pytest.mark.parametrize("words", [f"{CERT} --merge-into x.json -f secret.yaml", "--validate -f x.json"])
def test_a_mode_that_prints_nothing_empties_no_file(both: Both, sealed: str, words: str) -> None:
    both.files |= {"x.json": sealed, "out.yaml": "kept"}
    both.ours(f"{words} -w out.yaml")
    assert both.path("out.yaml").read_text() == "kept"


def test_files_keep_their_mode_and_new_ones_can_be_shared(both: Both) -> None:
    both.files["old.json"] = "{}"
    both.ours("--version")
    both.path("old.json").chmod(0o640)
    assert both.ours(f"{CERT} -f secret.yaml -w old.json").code == 0
    assert both.ours(f"{CERT} -f secret.yaml -w new.json").code == 0
    assert stat.S_IMODE(both.path("old.json").stat().st_mode) == 0o640
    assert stat.S_IMODE(both.path("new.json").stat().st_mode) & 0o044


def test_what_is_recovered_is_for_its_owner_alone(both: Both, sealed: str) -> None:
    both.files["x.json"] = sealed
    assert both.ours(f"{RECOVER} -f x.json -w plain.json").code == 0
    assert stat.S_IMODE(both.path("plain.json").stat().st_mode) == 0o600


def test_every_document_is_recovered(both: Both) -> None:
    moved = both.ours(f"{CERT} -f two.yaml -w two-sealed.yaml")
    assert moved.code == 0
    both.files["two-sealed.yaml"] = both.path("two-sealed.yaml").read_bytes()
    words = f"{RECOVER} -f two-sealed.yaml -o yaml"
    theirs, ours = both.theirs(words), both.ours(words)
    assert theirs.code == 0
    assert [found["metadata"]["name"] for found in yaml.safe_load_all(theirs.out)] == ["db"]
    assert [found["metadata"]["name"] for found in yaml.safe_load_all(ours.out)] == ["db", "db2"]


def test_what_is_recovered_can_be_applied_as_it_is(both: Both, sealed: str) -> None:
    theirs, ours = (
        json.loads(both.theirs(RECOVER, sealed.encode()).out),
        json.loads(both.ours(RECOVER, sealed.encode()).out),
    )
    assert theirs["metadata"].pop("ownerReferences")[0]["uid"] == ""
    assert ours == theirs


def test_recovering_a_plain_secret_or_nothing_is_an_error(both: Both) -> None:
    assert both.theirs(RECOVER).code == 0
    assert "no secrets found" in both.ours(RECOVER).err
    assert both.ours(f"{RECOVER} -f secret.yaml").code == 1


@pytest.mark.parametrize("name", ["small.pem", "damaged.pem"])
def test_a_certificate_that_nobody_should_seal_to_is_refused(both: Both, name: str) -> None:
    of = {vector.name: vector.material for vector in load("certificates")}
    both.files |= {"small.pem": of["refused-rsa-1024"], "damaged.pem": of["refused-modulus-flipped"]}
    assert both.theirs(f"--cert {name} -f secret.yaml").code == 0
    ours = both.ours(f"--cert {name} -f secret.yaml")
    assert (ours.code, ours.out) == (1, "")


def test_an_old_flag_is_told_of_where_no_data_goes(both: Both, sealed: str) -> None:
    words = f"--rotate {RECOVER}"
    assert both.theirs(words, sealed.encode()).out.startswith("Flag --rotate has been deprecated")
    ours = both.ours(words, sealed.encode())
    assert json.loads(ours.out)["kind"] == "Secret"
    assert "Flag --rotate has been deprecated, please use --re-encrypt instead" in ours.err


def test_a_wrong_flag_prints_no_usage_where_data_goes(both: Both) -> None:
    theirs, ours = both.theirs("--nope"), both.ours("--nope")
    assert "--cert string" in theirs.out
    assert (ours.code, ours.out) == (theirs.code, "")
    assert ours.err == "error: unknown flag: --nope\nhint: see `sealer kubeseal --help`\n"


def test_nothing_is_printed_when_a_later_secret_cannot_be_sealed(both: Both) -> None:
    both.files["later.yaml"] = secret() + "---\n" + secret({"name": "db2"}, data=None)
    theirs, ours = both.theirs(f"{CERT} -f later.yaml"), both.ours(f"{CERT} -f later.yaml")
    assert (theirs.code, ours.code) == (1, 1)
    assert "SealedSecret" in theirs.out
    assert ours.out == ""


def test_raw_tells_that_it_reads_no_secret_file(both: Both) -> None:
    words = f"{CERT} --raw --name db -n shop -f value"
    assert both.theirs(words).out == "<shop/db|b''>"
    ours = both.ours(words)
    assert ours.out == "<shop/db|b''>"
    assert "--raw does not read --secret-file" in ours.err
    assert "the value is empty" in ours.err


def test_one_name_for_several_is_told(both: Both) -> None:
    assert "gives all 2 SealedSecrets one name" in both.ours(f"{CERT} -f two.yaml --name api").err


def deprecated(name: str = "db") -> str:
    """Return a SealedSecret of the deprecated form."""
    whole = json.dumps({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": name}, "data": {"a": "Yg=="}})
    blob = seal_value(whole.encode(), RECIPIENT, scope=Scope.STRICT, namespace="shop", name=name)
    metadata = {"name": name, "namespace": "shop"}
    spec = {"data": blob, "encryptedData": {}}
    return json.dumps(
        {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata, "spec": spec}
    )


def test_a_deprecated_value_is_recovered(both: Both) -> None:
    both.files["old.json"] = deprecated()
    assert "using deprecated 'data' field" in both.theirs(f"{RECOVER} -f old.json").err
    assert json.loads(both.ours(f"{RECOVER} -f old.json").out)["data"] == {"a": "Yg=="}


def test_a_deprecated_value_is_not_resealed(both: Both) -> None:
    both.files["old.json"] = deprecated()
    ours = both.ours("--re-encrypt -f old.json")
    assert (ours.code, ours.files) == (1, {})
    assert "the deprecated field 'data' cannot be resealed" in ours.err


@pytest.mark.parametrize(
    "manifest",
    [
        secret(data={"a": "hunter2!"}),
        secret(stringData={"a": {"b": "hunter2!"}}),
        "stringData: {a: 'hunter2!",
        "stringData: {a: !hunter2! x}",
        "kind: Secret\nhunter2!: hunter2!\n\thunter2!",
    ],
)
def test_no_error_quotes_a_value(both: Both, manifest: str) -> None:
    ours = both.ours(CERT, manifest.encode())
    assert (ours.code, ours.out) == (1, "")
    assert "hunter2" not in ours.err


def test_the_version_says_what_it_is_and_what_it_is_like(both: Both) -> None:
    theirs, ours = both.theirs("--version"), both.ours("--version")
    assert ours.out == theirs.out.rstrip("\n") + f"+sealer.{__version__}\n"


def test_documents_without_anything_in_them_stay_where_they_are(both: Both, sealed: str) -> None:
    text = "# first\n---\n" + as_yaml(sealed) + "---\n# last\n"
    both.files |= {"x.yaml": text, "new.yaml": secret(data={"second": "Mg=="})}
    assert both.ours(f"{CERT} --merge-into x.yaml -f new.yaml").code == 0
    after = both.path("x.yaml").read_text().splitlines()
    assert [line for line in after if not line.startswith("    second: ")] == text.splitlines()
