"""No plaintext anywhere but in the Secret: a known value, synced, edited, broken and refused in every way."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.kubernetes import MERGE_PATCH
from tests.reconciling.running import (
    CANARY,
    Running,
    apply,
    renamed,
    sealed,
    sealed_secret,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.local.control_plane import ControlPlane

ENCODED = base64.b64encode(CANARY.encode()).decode()


def test_no_plaintext_is_in_logs_events_statuses_answers_or_the_process(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here("--log-level", "DEBUG")
    recipient = running.recipient()
    data = {"password": CANARY}
    good = sealed(recipient, namespace, "good", data)
    failing = sealed(recipient, namespace, "failing", data)
    failing["spec"]["template"]["data"] = {"x": "{{ fail .password }}"}
    apply(
        control_plane,
        good,
        renamed(good, namespace, "moved"),
        failing,
        sealed(recipient, namespace, "refused", data, metadata={"labels": {"not a label": "x"}}),
        sealed(recipient, namespace, "immutable", data, immutable=True),
    )
    wait_for_data(control_plane, namespace, "good", data)
    reasons = {
        "moved": "DecryptFailed",
        "failing": "TemplateError",
        "refused": "ApiError",
        "immutable": "Unsealed",
    }
    for name, reason in reasons.items():
        wait_for_reason(control_plane, namespace, name, reason)
    apply(control_plane, sealed(recipient, namespace, "immutable", {"password": CANARY + "2"}, immutable=True))
    wait_for_reason(control_plane, namespace, "immutable", "Immutable")
    edit = {"stringData": {"password": "edited"}}
    path = f"/api/v1/namespaces/{namespace}/secrets/good"
    control_plane.request("PATCH", path, edit, content_type=MERGE_PATCH)
    wait_for_data(control_plane, namespace, "good", data)
    answers = [running.post("/v1/verify", json.dumps(m).encode()) for m in (good, renamed(good, namespace, "x"))]
    assert [status for status, _ in answers] == [200, 409]

    process = Path(f"/proc/{running.process.pid}")
    seen = [
        running.process.output(),
        str(control_plane.request("GET", f"/api/v1/namespaces/{namespace}/events")),
        *(str(sealed_secret(control_plane, namespace, name)) for name in ("good", *reasons)),
        str(answers),
        (process / "cmdline").read_text(),
        (process / "environ").read_text(),
    ]
    assert len(seen[0]) > 1000
    for text in seen:
        assert CANARY not in text
        assert ENCODED not in text
        assert "PRIVATE KEY" not in text
