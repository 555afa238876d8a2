"""`sealer cert`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import click
from cryptography.hazmat.primitives.serialization import Encoding

from sealer.certificate import read_certificate
from sealer.cli import options as shared
from sealer.cli.help import ExampleCommand
from sealer.cli.recipients import check_certificate, fetch_certificate
from sealer.cli.streams import refuse_overwriting, write_text
from sealer.cli.terminal import note
from sealer.files import SHARED

FORMATS: Final = ("pem", "text", "json")


@click.command(
    cls=ExampleCommand,
    examples=(
        "sealer cert -w cert.pem",
        "sealer seal --cert cert.pem secret.yaml",
        "sealer cert -o text --cert cert.pem",
    ),
)
@click.option(
    "-o", "--output", type=click.Choice(["pem", "text", "json"]), default="pem", show_default=True, help="Format."
)
@click.option("-w", "--write", metavar="FILE", help="Write to FILE, whole or not at all, instead of stdout.")
@shared.cert_option
@shared.controller_options
def cert(output: str, write: str | None, cert: str | None, **rest: Any) -> None:
    """Fetch and show the certificate to seal to.

    With the certificate in the repository, sealing needs no cluster. Its fingerprint goes to standard error, to be
    compared with the one that the controller logs.
    """
    controller = shared.take_controller(rest)
    refuse_overwriting([cert] if cert else [], write)
    pem = fetch_certificate(cert, controller)
    now = datetime.now(UTC)
    recipient = check_certificate(pem, cert, controller, now=now)
    if output == "pem":
        # Only the certificate that counts: the file may hold a chain, comments, or its private key.
        write_text(read_certificate(pem).public_bytes(Encoding.PEM).decode("ascii"), write, mode=SHARED)
        note(f"fingerprint {recipient.fingerprint}, valid until {recipient.not_after:%Y-%m-%d}")
        return
    facts = {
        "fingerprint": recipient.fingerprint,
        "bits": recipient.public_key.key_size,
        "notBefore": recipient.not_before.isoformat(),
        "notAfter": recipient.not_after.isoformat(),
        "daysLeft": (recipient.not_after - now).days,
    }
    lines = "".join(f"{name + ':':<13} {value}\n" for name, value in facts.items())
    write_text(json.dumps(facts, indent=2) + "\n" if output == "json" else lines, write, mode=SHARED)
