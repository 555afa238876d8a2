"""What `sealer reseal` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sealer.cli.terminal import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.repository import Outcome, Renewed


def lines(outcomes: Sequence[Outcome], fingerprint: str, *, dry_run: bool) -> bytes:
    """Return a line for each SealedSecret that changed, and one of totals."""
    verb = "would be resealed" if dry_run else "resealed"
    changed = [
        f"{outcome.path}, line {one.line}: {one.sealed}: {', '.join(one.items)} {verb}\n"
        for outcome in outcomes
        for one in outcome.renewed
        if one.items
    ]
    total = _totals(outcomes)
    done = (
        f"{_count(total['resealedItems'], 'item')} of {_count(total['resealed'], 'SealedSecret')} in "
        f"{_count(total['files'], 'file')} {verb}"
    )
    current = f"{_count(total['current'], 'SealedSecret')} already under {fingerprint}"
    summary = f"{done if changed else 'nothing to reseal'}; {current}"
    failed = f"; {_count(total['failed'], 'file')} left alone, see above" if total["failed"] else ""
    return ("".join(changed) + summary + failed + "\n").encode()


def as_json(outcomes: Sequence[Outcome], fingerprint: str, *, dry_run: bool) -> bytes:
    """Return the report as JSON: every file that holds a SealedSecret or failed, and the totals."""
    report = {
        "sealedWith": fingerprint,
        "dryRun": dry_run,
        "files": [_file(outcome) for outcome in outcomes if outcome.renewed or outcome.error],
        "totals": _totals(outcomes),
    }
    return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()


def complain_of(outcomes: Sequence[Outcome]) -> int:
    """Print the errors, and return the exit code: that of the first."""
    code = 0
    for outcome in outcomes:
        if outcome.error is not None:
            complain(outcome.error.message, outcome.error.hint)
            code = code or outcome.error.exit_code
    return code


def _file(outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None:
        return {"path": outcome.path, "error": {"message": outcome.error.message, "hint": outcome.error.hint}}
    return {"path": outcome.path, "sealedSecrets": [_sealed(one) for one in outcome.renewed]}


def _sealed(one: Renewed) -> dict[str, Any]:
    sealed = one.sealed
    return {
        "name": sealed.name,
        "namespace": sealed.namespace,
        "line": one.line,
        "resealed": list(one.items),
        "current": sorted(sealed.encrypted_data.keys() - set(one.items)),
    }


def _totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    renewed = [one for outcome in outcomes for one in outcome.renewed]
    return {
        "files": sum(outcome.changed for outcome in outcomes),
        "resealed": sum(bool(one.items) for one in renewed),
        "resealedItems": sum(len(one.items) for one in renewed),
        "current": sum(not one.items for one in renewed),
        "failed": sum(outcome.error is not None for outcome in outcomes),
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
