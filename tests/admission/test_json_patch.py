"""RFC 6902, whose appendix A is most of this."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.errors import JsonPatchError
from injector.webhook import json_patch
from tests.admission import pods

APPENDIX = [
    ("A.1", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    (
        "A.2",
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ("A.3", {"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ("A.4", {"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    (
        "A.5",
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        "A.6",
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        "A.7",
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        "A.8",
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    (
        "A.10",
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        "A.11",
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    ("A.14", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    (
        "A.16",
        {"foo": ["bar"]},
        [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
        {"foo": ["bar", ["abc", "def"]]},
    ),
    ("4.1, member that is there", {"a": 1}, [{"op": "add", "path": "/a", "value": 2}], {"a": 2}),
    ("4.1, the whole", {"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
    ("4.3, the whole", {"a": 1}, [{"op": "replace", "path": "", "value": [1]}], [1]),
    ("4.4, onto itself", {"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ("4.5", {"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
    ("4.6, numbers", {"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    (
        "4.6, members in another order",
        {"a": {"x": 1, "y": [None]}},
        [{"op": "test", "path": "/a", "value": {"y": [None], "x": 1}}],
        {"a": {"x": 1, "y": [None]}},
    ),
    ("6901, an empty name", {"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
    ("add null", {}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
]
FAILING = [
    ("A.9", {"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}]),
    ("A.12", {"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}]),
    ("A.15", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}]),
    ("beyond the end", {"a": [1]}, [{"op": "add", "path": "/a/2", "value": 1}]),
    ("behind the end", {"a": [1]}, [{"op": "remove", "path": "/a/-"}]),
    ("a leading zero", {"a": [1, 2]}, [{"op": "remove", "path": "/a/01"}]),
    ("a negative index", {"a": [1, 2]}, [{"op": "remove", "path": "/a/-1"}]),
    ("another script's digit", {"a": [1, 2, 3, 4]}, [{"op": "remove", "path": "/a/٣"}]),
    ("into a text", {"a": "b"}, [{"op": "add", "path": "/a/b", "value": 1}]),
    ("remove what is not there", {}, [{"op": "remove", "path": "/a"}]),
    ("replace what is not there", {}, [{"op": "replace", "path": "/a", "value": 1}]),
    ("copy what is not there", {}, [{"op": "copy", "from": "/a", "path": "/b"}]),
    ("into itself", {"a": {"b": 1}}, [{"op": "move", "from": "/a", "path": "/a/b/c"}]),
    ("true is not 1", {"a": True}, [{"op": "test", "path": "/a", "value": 1}]),
    ("a bomb", {"a": 1}, [{"op": "copy", "from": "", "path": f"/{number}"} for number in range(60)]),
]
NO_PATCHES = [
    "",
    "x",
    "{}",
    '"add"',
    "7",
    "[7]",
    "[{}]",
    '[{"op": "add", "path": "/a"}]',
    '[{"op": "replace", "path": "/a"}]',
    '[{"op": "test", "path": "/a"}]',
    '[{"op": "move", "path": "/a"}]',
    '[{"op": "copy", "path": "/a"}]',
    '[{"op": "spam", "path": "/a"}]',
    '[{"op": ["add"], "path": "/a", "value": 1}]',
    '[{"op": "remove"}]',
    '[{"op": "remove", "path": "a"}]',
    '[{"op": "remove", "path": "/a~2"}]',
    '[{"op": "remove", "path": 7}]',
    '[{"op": "move", "from": "a", "path": "/a"}]',
    "[" * 5000,
]


def _apply(document: object, patch: list[dict[str, Any]]) -> object:
    return json_patch.apply(document, json_patch.parse(json.dumps(patch)))


@pytest.mark.parametrize(("document", "patch", "result"), [case[1:] for case in APPENDIX], ids=[c[0] for c in APPENDIX])
def test_the_examples_of_the_standard_give_their_results(document: Any, patch: Any, result: Any) -> None:
    before = copy.deepcopy(document)
    assert _apply(document, patch) == result
    assert document == before


@pytest.mark.parametrize(("document", "patch"), [case[1:] for case in FAILING], ids=[case[0] for case in FAILING])
def test_a_patch_that_does_not_apply_is_an_error_that_names_the_operation(document: Any, patch: Any) -> None:
    with pytest.raises(JsonPatchError, match=r"^operation [0-9]+, [a-z]+ "):
        _apply(document, patch)


@pytest.mark.parametrize("text", NO_PATCHES)
def test_what_is_no_patch_is_an_error(text: str) -> None:
    with pytest.raises(JsonPatchError):
        json_patch.parse(text)


def test_a_patch_applies_whole_or_not_at_all() -> None:
    document = {"a": 1}
    with pytest.raises(JsonPatchError):
        _apply(document, [{"op": "remove", "path": "/a"}, {"op": "remove", "path": "/a"}])
    assert document == {"a": 1}


def test_null_is_an_empty_patch() -> None:
    assert json_patch.parse("null") == json_patch.parse("[]") == ()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab~/", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab~/", max_size=2), _JSON, max_size=3), _JSON, st.text("ab~/", max_size=3))
def test_what_is_added_is_there_and_goes_when_it_is_removed(members: dict[str, Any], value: Any, name: str) -> None:
    pointer = "/x/" + name.replace("~", "~0").replace("/", "~1")
    add, remove = {"op": "add", "path": pointer, "value": value}, {"op": "remove", "path": pointer}
    assert _apply({"x": members}, [add, {**add, "op": "test"}]) == {"x": {**members, name: value}}
    others = {key: one for key, one in members.items() if key != name}
    assert _apply({"x": members}, [add, remove]) == {"x": others}


PATCH = json.dumps(
    [{"op": "add", "path": "/env/-", "value": {"name": "A", "value": "b"}}, {"op": "remove", "path": "/resources"}]
)


@pytest.mark.parametrize(
    ("key", "patched", "other"),
    [
        ("agent-json-patch", "vault-agent", "vault-agent-init"),
        ("agent-init-json-patch", "vault-agent-init", "vault-agent"),
    ],
)
def test_an_annotation_patches_its_container_and_no_other(key: str, patched: str, other: str) -> None:
    result = pods.injected(pods.annotated(key, PATCH))
    agent = pods.agent_of(result, patched)
    assert agent["env"][-1] == {"name": "A", "value": "b"}
    assert "resources" not in agent
    assert pods.agent_of(result, other) == pods.agent_of(pods.injected(pods.basic()), other)


def test_a_native_sidecar_is_patched_as_the_sidecar() -> None:
    manifest = pods.own(pods.basic(agent_json_patch=PATCH), native_sidecar="true")
    assert pods.agent_of(pods.injected(manifest), "vault-agent")["env"][-1] == {"name": "A", "value": "b"}


def test_a_container_may_get_another_name_and_is_known_again() -> None:
    manifest = pods.basic(agent_json_patch='[{"op": "replace", "path": "/name", "value": "keeper"}]')
    once = pods.injected(manifest)
    assert [one["name"] for one in once["spec"]["containers"]] == ["web", "keeper"]
    once["metadata"]["annotations"][pods.PREFIX + "agent-inject-status"] = "update"
    assert pods.injected(once)["spec"] == once["spec"]


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ('[{"op": "remove", "path": "/nope"}]', 'operation 1, remove /nope: there is no "nope"'),
        ('[{"op": "remove", "path": ""}]', "that is no container"),
        ('[{"op": "remove", "path": "/name"}]', "that is no container"),
        ('[{"op": "replace", "path": "", "value": []}]', "that is no container"),
    ],
)
def test_a_patch_that_does_not_fit_refuses_the_pod_by_the_annotation(patch: str, message: str) -> None:
    refused = pods.refusal(pods.annotated("agent-json-patch", patch))
    assert refused.startswith(f"annotation {pods.PREFIX}agent-json-patch ")
    assert message in refused


_FLAT = '{"op": "add", "path": "/env", "value": {}}'
_DEEPER = '{"op": "move", "from": "/env", "path": "/kept"}, {"op": "add", "path": "/env", "value": {}}, '
_DEEPER += '{"op": "move", "from": "/kept", "path": "/env/in"}'


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(f'[{{"op": "add", "path": "/env", "value": {"[" * depth}{"]" * depth}}}]', id=f"value {depth}")
        for depth in (150, 300, 600, 1000)
    ]
    + [
        pytest.param(f"[{_FLAT}{f', {_DEEPER}' * 300}]", id="by moves"),
        pytest.param(
            f'[{_FLAT}{f", {_DEEPER}" * 900}, {{"op": "copy", "from": "/env", "path": "/other"}}]', id="and copied"
        ),
    ],
)
def test_a_patch_that_nests_without_end_refuses_the_pod_and_not_the_webhook(patch: str) -> None:
    assert "it is nested deeper than 100 levels" in pods.refusal(pods.annotated("agent-json-patch", patch))
