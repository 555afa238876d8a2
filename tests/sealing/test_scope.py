from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.scope import Scope, label_for, scope_of, with_scope

CLUSTER = "sealedsecrets.bitnami.com/cluster-wide"
NAMESPACE = "sealedsecrets.bitnami.com/namespace-wide"
names = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,8}[a-z0-9])?", fullmatch=True)
namespaces = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
scopes = st.sampled_from(Scope)
places = st.tuples(scopes, namespaces, names)
Place = tuple[Scope, str, str]
annotation_maps = st.dictionaries(
    st.sampled_from([CLUSTER, NAMESPACE, "a"]), st.sampled_from(["true", "True", "", "1"])
)


@pytest.mark.parametrize(
    ("scope", "label"),
    [(Scope.STRICT, b"shop/db"), (Scope.NAMESPACE_WIDE, b"shop"), (Scope.CLUSTER_WIDE, b"")],
)
def test_each_scope_has_the_label_of_the_existing_system(scope: Scope, label: bytes) -> None:
    assert label_for(scope, "shop", "db") == label


@given(places, places)
def test_no_two_places_share_a_label(one: Place, two: Place) -> None:
    assert (label_for(*one) == label_for(*two)) == (bound_to(one) == bound_to(two))


def bound_to(place: Place) -> tuple[str, ...]:
    scope, namespace, name = place
    return {Scope.STRICT: (namespace, name), Scope.NAMESPACE_WIDE: (namespace,), Scope.CLUSTER_WIDE: ()}[scope]


@pytest.mark.parametrize(
    ("annotations", "scope"),
    [
        ({}, Scope.STRICT),
        ({CLUSTER: "true"}, Scope.CLUSTER_WIDE),
        ({NAMESPACE: "true"}, Scope.NAMESPACE_WIDE),
        ({NAMESPACE: "true", CLUSTER: "true"}, Scope.CLUSTER_WIDE),
        ({NAMESPACE: "true", CLUSTER: "false"}, Scope.NAMESPACE_WIDE),
        ({CLUSTER: "True"}, Scope.STRICT),
        ({CLUSTER: "1", NAMESPACE: "yes"}, Scope.STRICT),
        ({CLUSTER: "true "}, Scope.STRICT),
    ],
)
def test_only_the_exact_text_true_widens_the_scope(annotations: dict[str, str], scope: Scope) -> None:
    assert scope_of(annotations) is scope


@given(annotation_maps, scopes)
def test_annotations_set_to_a_scope_ask_for_it_and_keep_the_rest(annotations: dict[str, str], scope: Scope) -> None:
    changed = with_scope(annotations, scope)
    assert scope_of(changed) is scope
    assert changed.get("a") == annotations.get("a")
    assert with_scope(changed, scope) == changed
