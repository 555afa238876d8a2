"""`sealer reseal`."""

from __future__ import annotations

import os
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from sealer.cli import options as shared
from sealer.cli.help import ExampleCommand
from sealer.cli.progress import counted
from sealer.cli.recipients import check_certificate, load_recipient
from sealer.cli.reseal_report import as_json, complain_of, lines
from sealer.cli.streams import read_bytes, source_name
from sealer.cli.terminal import note, put
from sealer.errors import CertificateError, SealerError
from sealer.recovery import read_keyring
from sealer.repository import Manifest, Outcome, manifests, reseal_file
from sealer.reseal import reseal_others

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sealer.certificate import Recipient
    from sealer.keyring import Keyring
    from sealer.manifest import SealedSecret

_FORMATS: Final = ("text", "json")
# For the files that are begun when the command is interrupted.
_PATIENCE_SECONDS: Final = 5.0


@click.command(
    cls=ExampleCommand,
    examples=(
        "sealer reseal . --key backup.yaml --dry-run",
        "sealer reseal sealed.yaml clusters/prod --key backup.yaml --cert cert.pem",
        "sealer reseal . --controller-namespace sealed-secrets",
    ),
    epilog="See also: sealer verify, sealer cert.",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-k",
    "--key",
    "keys",
    multiple=True,
    metavar="FILE",
    help="Work offline, with these sealing keys: a PEM private key, a key Secret, or a List of them.",
)
@shared.cert_option
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Pass over files of folders, such as '*/templates/*'."
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option(
    "-o", "--output", type=click.Choice(_FORMATS), default="text", show_default=True, help="Format of the report."
)
@shared.controller_options
def reseal(paths: tuple[str, ...], keys: tuple[str, ...], exclude: tuple[str, ...], dry_run: bool, **rest: Any) -> int:
    """Bring SealedSecrets under the newest key, in place.

    Looks at files, and at the YAML and JSON files of folders. Values under the newest key stay, and so does every
    other byte of a file. With --key, no cluster is asked: the newest key is that of --cert, else the newest of the
    keys. Without, the controller reseals, and no private key leaves it.

    A file is replaced in one step, or not at all. Stopped at any moment, the command can be run again.
    """
    controller = shared.take_controller(rest)
    cert, output, quiet = rest.pop("cert"), rest.pop("output"), rest.pop("quiet")
    files = manifests(paths, exclude)
    if keys:
        keyring = read_keyring((source_name(path), read_bytes(path, "a sealing key")) for path in keys)
        recipient = _newest(keyring, cert, controller)
        renew: Callable[[SealedSecret], SealedSecret] = partial(reseal_others, keyring=keyring, recipient=recipient)
    else:
        recipient = load_recipient(cert, controller, now=datetime.now(UTC))
        renew = _by_controller(controller)
    one = partial(reseal_file, renew=renew, fingerprint=recipient.fingerprint, dry_run=dry_run)
    # The controller says how often it may be asked; with the keys at hand, two threads work on two cores.
    results = _each(one, files, workers=(os.cpu_count() or 1) if keys else 1)
    outcomes = sorted(counted(results, len(files), "files"), key=lambda outcome: outcome.path)
    code = complain_of(outcomes)
    if len(outcomes) != len(files):  # a thread died, with a traceback
        raise SealerError(f"{len(files) - len(outcomes)} files were not done", hint="run the command again")
    if output == "json":
        put(as_json(outcomes, recipient.fingerprint, dry_run=dry_run))
    elif not quiet:
        put(lines(outcomes, recipient.fingerprint, dry_run=dry_run))
    return code


def _newest(keyring: Keyring, cert: str | None, controller: shared.ControllerOptions) -> Recipient:
    now = datetime.now(UTC)
    if cert is not None:
        return load_recipient(cert, controller, now=now)
    try:
        recipient = check_certificate(keyring.newest.certificate_pem(), "the newest of --key", controller, now=now)
    except CertificateError as error:
        raise CertificateError(
            error.message, hint=error.hint or "give the certificate to seal to with --cert"
        ) from error
    note(f"sealing to the newest key of --key, {recipient.fingerprint} of {recipient.not_before:%Y-%m-%d}")
    return recipient


def _by_controller(controller: shared.ControllerOptions) -> Callable[[SealedSecret], SealedSecret]:
    from sealer.cluster.controller import connect  # imports `kubernetes`
    from sealer.reseal import resealed_by

    cluster = connect(controller.kubeconfig, controller.context)
    return lambda sealed: resealed_by(
        sealed, lambda manifest: cluster.rotate(controller.namespace, controller.name, manifest)
    )


def _each(one: Callable[[Manifest], Outcome], files: Sequence[Manifest], *, workers: int) -> Iterator[Outcome]:
    """Yield what becomes of each file, in the order in which they are done; private-key work runs in threads.

    OpenSSL releases the interpreter's lock, so that threads use all cores. When the command is interrupted, files that
    are not begun are left alone, and those that are begun are finished.
    """
    if workers == 1 or len(files) == 1:
        yield from map(one, files)
        return
    from queue import SimpleQueue
    from threading import Event, Thread

    # A deque's pop is one step, and so is a SimpleQueue's put: there is no lock that an interrupt could leave held,
    # and daemon threads hold up no exit.
    waiting, done, stopped = deque(files), SimpleQueue[Outcome | None](), Event()

    def work() -> None:
        try:
            while waiting and not stopped.is_set():
                try:
                    file = waiting.popleft()
                except IndexError:
                    break  # the other thread was quicker
                done.put(one(file))
        finally:
            done.put(None)

    threads = [Thread(target=work, daemon=True) for _ in range(workers)]
    try:
        for thread in threads:
            thread.start()
        for _ in threads:
            yield from iter(done.get, None)
    finally:
        stopped.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join(_PATIENCE_SECONDS)
