from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from controller.manifests import Key, Status
from controller.verdict import UNSEALED, Event, Reason, Verdict, event_for, event_manifest, is_news, next_status
from tests.reconciling.samples import NOW, sealed

if TYPE_CHECKING:
    from controller.manifests import Condition

LATER = NOW + timedelta(minutes=5)
FAILED = Verdict(Reason.DECRYPT_FAILED, "no key could decrypt secret (a)")
AT, LATER_AT = "2026-01-02T03:04:05Z", "2026-01-02T03:09:05Z"


def status(verdict: Verdict = UNSEALED, generation: int = 1) -> Status:
    found = next_status({}, generation, verdict, NOW)
    assert found is not None
    return found


def synced(found: Status | None) -> Condition:
    assert found is not None
    return found["conditions"][0]


def test_the_first_status_has_everything() -> None:
    assert status() == {
        "observedGeneration": 1,
        "conditions": [
            {
                "type": "Synced",
                "status": "True",
                "reason": "Unsealed",
                "message": "",
                "lastUpdateTime": AT,
                "lastTransitionTime": AT,
            }
        ],
    }


@pytest.mark.parametrize("verdict", [UNSEALED, FAILED])
def test_the_same_again_is_not_written(verdict: Verdict) -> None:
    assert next_status(status(verdict), 1, verdict, LATER) is None


def test_a_new_generation_is_stamped_without_a_transition() -> None:
    found = next_status(status(), 2, UNSEALED, LATER)
    assert found is not None
    assert found["observedGeneration"] == 2
    assert (synced(found)["lastUpdateTime"], synced(found)["lastTransitionTime"]) == (LATER_AT, AT)


def test_another_message_is_written_without_a_transition() -> None:
    found = next_status(status(FAILED), 1, Verdict(Reason.MALFORMED, "item a is not standard base64"), LATER)
    assert synced(found)["message"] == "item a is not standard base64"
    assert synced(found)["reason"] == "Malformed"
    assert synced(found)["lastTransitionTime"] == AT


def test_a_flip_is_a_transition() -> None:
    found = next_status(status(FAILED), 1, UNSEALED, LATER)
    assert synced(found)["status"] == "True"
    assert synced(found)["message"] == ""
    assert synced(found)["lastTransitionTime"] == LATER_AT


def test_other_conditions_stay_and_ours_is_first() -> None:
    other: Condition = {"type": "Other", "status": "Unknown"}
    found = next_status({"conditions": [other, *status()["conditions"]]}, 2, UNSEALED, LATER)
    assert found is not None
    assert [c["type"] for c in found["conditions"]] == ["Synced", "Other"]


def test_a_status_of_the_existing_controller_gets_its_reason_and_is_no_news() -> None:
    theirs: Status = {
        "observedGeneration": 1,
        "conditions": [{"type": "Synced", "status": "True", "lastUpdateTime": AT, "lastTransitionTime": AT}],
    }
    assert not is_news(theirs, 1, UNSEALED)
    found = next_status(theirs, 1, UNSEALED, LATER)
    assert (synced(found).get("reason"), synced(found)["lastTransitionTime"]) == ("Unsealed", AT)


@pytest.mark.parametrize(
    ("before", "generation", "verdict", "expected"),
    [
        ({}, 1, UNSEALED, True),
        (status(), 1, UNSEALED, False),
        (status(), 2, UNSEALED, True),
        (status(), 1, FAILED, True),
        (status(FAILED), 1, FAILED, False),
        (status(FAILED), 1, Verdict(FAILED.reason, "no key could decrypt secret (a, b)"), True),
    ],
)
def test_only_what_was_not_told_is_news(before: Status, generation: int, verdict: Verdict, *, expected: bool) -> None:
    assert is_news(before, generation, verdict) is expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (UNSEALED, Event("Normal", "Unsealed", "SealedSecret unsealed successfully")),
        (FAILED, Event("Warning", "ErrUnsealFailed", "Failed to unseal: no key could decrypt secret (a)")),
        (Verdict(Reason.MALFORMED, "x"), Event("Warning", "ErrUnsealFailed", "Failed to unseal: x")),
        (Verdict(Reason.TEMPLATE_ERROR, "x"), Event("Warning", "ErrUnsealFailed", "Failed to unseal: x")),
        (Verdict(Reason.NOT_OWNED, "x"), Event("Warning", "ErrUpdateFailed", "x")),
        (Verdict(Reason.IMMUTABLE, "x"), Event("Warning", "ErrUpdateFailed", "x")),
        (Verdict(Reason.API_ERROR, "x"), Event("Warning", "ErrUpdateFailed", "x")),
    ],
)
def test_each_verdict_has_its_event(verdict: Verdict, expected: Event) -> None:
    assert event_for(verdict) == expected


def test_every_reason_has_been_thought_of() -> None:
    assert {reason: Verdict(reason).synced for reason in Reason} == dict.fromkeys(Reason, False) | {
        Reason.UNSEALED: True
    }


def test_a_message_is_cut_to_what_an_event_may_hold() -> None:
    assert len(event_for(Verdict(Reason.NOT_OWNED, "x" * 5000)).message) == 1000
    found = next_status({}, 1, Verdict(Reason.NOT_OWNED, "x" * 5000), NOW)
    assert next_status(found or {}, 1, Verdict(Reason.NOT_OWNED, "x" * 5000), LATER) is None


@pytest.mark.parametrize("name", ["db", "a" * 253, "a" * 229 + "-b", "a" * 228 + "-.b"])
def test_an_event_names_the_object_and_the_existing_source(name: str) -> None:
    about = sealed(name=name)
    found = event_manifest(event_for(UNSEALED), about, Key("shop", name), suffix="0123456789abcdef", now=NOW)
    assert found["source"] == {"component": "sealed-secrets"}
    assert found["involvedObject"]["uid"] == about["metadata"]["uid"]
    assert found["metadata"]["namespace"] == "shop"
    assert found["involvedObject"]["name"] == name
    assert len(found["metadata"]["name"]) <= 253
    assert not {"-", ""} & {part[-1:] for part in found["metadata"]["name"].split(".")}
    assert found["firstTimestamp"] == AT
