"""`sealer-injector render`: what the webhook would do, offline, for review in git."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import click

from injector.webhook import options
from injector.webhook.mutate import Decision, decide
from injector.webhook.render_defaults import FileDefaults
from injector.webhook.render_defaults import read as read_defaults
from injector.webhook.render_pods import Candidate, accounts, find
from injector.webhook.render_result import PARTS, Part, show, write
from sealer.cli.help import ExampleCommand
from sealer.cli.streams import read_documents, refuse_reading_twice
from sealer.cli.terminal import complain, note, put, warn
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from injector.webhook.settings import Settings
    from sealer.documents import Document

_HELP: Final = """Show what the webhook would do to the pods of manifests, without a cluster.

Each pod, and each workload with a pod template, is shown with the JSON patch that the webhook would answer, the pod
after it, and the configuration of each of the agent's containers. What makes no pods, or asks for no injection, is
passed over.

The settings are those of the webhook, by its flags or its environment; the variable overrides the flag.

The pod is taken as the API server sends it: with the token of its service account mounted, unless the manifest, or that
of the ServiceAccount among the files, says otherwise. The patch applies to that pod.
"""
_EXAMPLES: Final = (
    "sealer-injector render --vault-address http://vault:8200 -f web.yaml",
    "kustomize build overlay | sealer-injector render -f - --only config > rendered/config.yaml",
)
_INJECT: Final = "vault.hashicorp.com/agent-inject"
_MOVE: Final = "move it to the metadata of the pod template"
_REFUSED: Final = InputError.exit_code


def _render(
    files: tuple[str, ...], only: Part | None, output: Literal["yaml", "json"], defaults: tuple[str, ...], **rest: Any
) -> int:
    """Render all documents, or tell of all that are refused; see ``_HELP``."""
    refuse_reading_twice([*files, *defaults])
    settings = options.build_settings(rest)
    known = _defaults(defaults, rest["injector_namespace"])
    documents = list(read_documents(files, "manifests of pods or workloads"))
    code, shown = 0, []
    for candidate in _candidates(documents, rest["namespace"]):
        decision = _decide(candidate, settings, known)
        if decision.message is not None:
            complain(f"{candidate.at(decision.message)}: {candidate.title}: {decision.message}")
            code = _REFUSED
        elif _injected(candidate, decision):
            result = show(candidate.pod, decision.patch)
            shown.append((candidate.title, result[only] if only else result))
    if not code:
        put(write(shown, output).encode())
    return code


def _defaults(files: Sequence[str], injector_namespace: str) -> FileDefaults:
    # Without files nothing is read: `read_documents` would take standard input.
    documents = read_documents(files, "ConfigMaps with defaults") if files else ()
    found = read_defaults(documents, injector_namespace)
    for problem in found.problems:
        warn(problem)
    return found


def _candidates(documents: Sequence[Document], namespace: str) -> Iterator[Candidate]:
    known, passed = accounts(documents, namespace), dict[str, int]()
    for document in documents:
        candidate = find(document, namespace, known)
        if candidate is not None:
            yield candidate
        elif (kind := document.value["kind"]) != "ServiceAccount":
            passed[kind] = passed.get(kind, 0) + 1
    if passed:
        counted = [f"{kind} ({count})" if count > 1 else kind for kind, count in sorted(passed.items())]
        note(f"passed over, as they make no pods: {', '.join(counted)}")


def _decide(candidate: Candidate, settings: Settings, defaults: FileDefaults) -> Decision:
    admission = {"operation": "CREATE", "namespace": candidate.namespace, "object": candidate.pod}
    return decide(admission, settings, defaults.of(candidate.namespace))


def _injected(candidate: Candidate, decision: Decision) -> bool:
    """Tell what a person should know of a pod that is let in; return whether it is injected."""
    for text in decision.warnings:
        warn(f"{candidate.at(text)}: {candidate.title}: {text}")
    if decision.reason == "Injected":
        return True
    if _INJECT in candidate.outer_annotations and _INJECT not in candidate.annotations:
        place = candidate.document.at(("metadata", "annotations", _INJECT))
        warn(f"{place}: {candidate.title}: {_INJECT} is not on its pods, and has no effect here; {_MOVE}")
    else:
        reason = "asks for no injection" if decision.reason == "NotRequested" else "is injected already, or started"
        note(f"{candidate.at('')}: {candidate.title} {reason}")
    return False


_PARAMETERS: Final[tuple[click.Parameter, ...]] = (
    click.Option(
        ["-f", "--filename", "files"],
        multiple=True,
        required=True,
        metavar="FILE",
        help="Manifests, YAML or JSON; - for standard input. Can be repeated.",
    ),
    click.Option(
        ["-n", "--namespace"],
        default="default",
        show_default=True,
        help="Namespace of manifests that name none.",
    ),
    click.Option(
        ["--defaults"],
        multiple=True,
        metavar="FILE",
        help="ConfigMap with the defaults of its namespace, as --defaults-configmap has them. Can be repeated.",
    ),
    click.Option(
        ["--injector-namespace"],
        default="sealer-system",
        show_default=True,
        help="The webhook's own namespace, whose defaults are for all.",
    ),
    click.Option(["--only"], type=click.Choice(PARTS), help="Show this part alone."),
    click.Option(
        ["-o", "--output"], type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="Format."
    ),
)

command: Final = ExampleCommand(
    "render",
    callback=_render,
    params=[*_PARAMETERS, *options.POD_OPTIONS],
    help=_HELP,
    short_help="Show what the webhook would do to manifests, offline.",
    examples=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
