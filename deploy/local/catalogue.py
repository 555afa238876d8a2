"""The table of real parts: which Go module makes which binary, with which flags, and what version counts as the same.

Pure: nothing here starts a process. `design.md` ("A real control plane on any machine") says what was seen to build.
"""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from deploy.local.errors import PartError

MODULES: Final = Path(__file__).parent / "parts"
MODULE_FILES: Final = ("go.mod", "go.sum", "tools.go")
MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
STRIP: Final = "-s -w"
# Without these kubectl cannot read the version of the server.
KUBERNETES_VERSION: Final = " ".join(
    f"-X k8s.io/component-base/version.{name}={value}"
    for name, value in (("gitVersion", "v1.35.4"), ("gitMajor", "1"), ("gitMinor", "35"))
)


class Trust(Enum):
    """How near the version of a binary on PATH must be to ours for it to be used instead of a build."""

    NEVER = "never"
    MINOR = "major.minor"
    EXACT = "exact"


@dataclass(frozen=True)
class Part:
    """One binary and how it is made.

    Attributes:
        name: File name of the binary.
        module: Folder below `deploy/local/parts` that pins it.
        package: Go package of the command.
        version: Version that go.mod pins, with a leading `v`.
        ldflags: Value of `go build -ldflags`.
        tags: Value of `go build -tags`.
        trust: What version a binary on PATH must have; NEVER where its name or its make-up says too little.
        version_arguments: Arguments that make the binary print its version.
        from_assets: Whether KUBEBUILDER_ASSETS may hold it.
        wanted: Whether `parts` without names builds it.

    """

    name: str
    module: str
    package: str
    version: str
    ldflags: str = STRIP
    tags: str = ""
    trust: Trust = Trust.NEVER
    version_arguments: tuple[str, ...] = ("--version",)
    from_assets: bool = False
    wanted: bool = True

    @property
    def build_flags(self) -> tuple[str, ...]:
        """Arguments of `go build`, the same for every machine so that the cache key can hold them."""
        tags = ("-tags", self.tags) if self.tags else ()
        return (*tags, "-trimpath", "-ldflags", self.ldflags)


def _kubernetes(name: str, *version_arguments: str) -> Part:
    return Part(
        name=name,
        module="kubernetes",
        package=f"k8s.io/kubernetes/cmd/{name}",
        version="v1.35.4",
        ldflags=f"{STRIP} {KUBERNETES_VERSION}",
        trust=Trust.MINOR,
        version_arguments=version_arguments or ("--version",),
        from_assets=True,
    )


def _sealed_secrets(name: str, command: str, trust: Trust) -> Part:
    return Part(
        name=name,
        module="sealed-secrets",
        package=f"github.com/bitnami/sealed-secrets/cmd/{command}",
        version="v0.40.0",
        ldflags=f"{STRIP} -X main.VERSION=v0.40.0",
        trust=trust,
    )


def _vault_plugin(kind: str, version: str) -> Part:
    name = f"vault-plugin-{kind}-kubernetes"
    package = f"github.com/hashicorp/{name}/cmd/{name}"
    return Part(name=name, module=f"vault-{kind}", package=package, version=version)


# In the order in which they are built: what is quick and what most needs comes first.
PARTS: Final[tuple[Part, ...]] = (
    Part(
        name="etcd",
        module="kubernetes",
        package="go.etcd.io/etcd/server/v3",
        version="v3.6.5",
        ldflags=f"{STRIP} {KUBERNETES_VERSION}",
        trust=Trust.MINOR,
        from_assets=True,
    ),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kubectl", "version", "--client"),
    _sealed_secrets("kubeseal", "kubeseal", Trust.EXACT),
    # Its own name is `controller`, which could be anything on PATH.
    _sealed_secrets("sealed-secrets-controller", "controller", Trust.NEVER),
    Part(
        name="kustomize",
        module="kustomize",
        package="sigs.k8s.io/kustomize/kustomize/v5",
        version="v5.8.1",
        trust=Trust.MINOR,
        version_arguments=("version",),
    ),
    Part(
        name="vault",
        module="vault",
        package="github.com/hashicorp/vault",
        version="v1.21.0",
        tags="minimal",
        trust=Trust.MINOR,
    ),
    _vault_plugin("auth", "v0.23.1"),
    _vault_plugin("secrets", "v0.12.0"),
)


def part(name: str) -> Part:
    """Look a part up by the name of its binary.

    Raises:
        PartError: There is no such part.

    """
    for candidate in PARTS:
        if candidate.name == name:
            return candidate
    names = ", ".join(candidate.name for candidate in PARTS)
    raise PartError(f"there is no part named {name!r}", hint=f"the parts are {names}")


def target() -> str:
    """GOOS/GOARCH of this machine, found without Go, as a cached binary needs no Go."""
    machine = platform.machine().lower()
    return f"{sys.platform}/{MACHINES.get(machine, machine)}"


def digest(wanted: Part, *, modules: Path = MODULES, goos_goarch: str | None = None) -> str:
    """Short digest of everything that decides what a build of a part yields.

    Args:
        wanted: The part.
        modules: Folder that holds the part's module folder.
        goos_goarch: Target; this machine's where None.

    Returns:
        12 hexadecimal digits of SHA-256 over go.mod, go.sum, tools.go, package, flags and target.

    """
    hashed = hashlib.sha256()
    contents = [(modules / wanted.module / name).read_bytes() for name in MODULE_FILES]
    words = [wanted.package, *wanted.build_flags, goos_goarch or target()]
    for content in (*contents, *(word.encode() for word in words)):
        # The length first, so that bytes cannot move from one field to the next without a change of the digest.
        hashed.update(len(content).to_bytes(8, "big") + content)
    return hashed.hexdigest()[:12]


def version_in(output: str) -> tuple[int, int, int] | None:
    """Take the first x.y.z from what a binary printed about its version; None where there is none."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def trusted(wanted: Part, output: str) -> bool:
    """Whether a binary on PATH that printed `output` as its version may stand for the part.

    Kubernetes parts of one minor version speak the same API; kubeseal is compared with us byte for byte, so there only
    the very version will do.
    """
    theirs, ours = version_in(output), version_in(wanted.version)
    if theirs is None or ours is None or wanted.trust is Trust.NEVER:
        return False
    return theirs == ours if wanted.trust is Trust.EXACT else theirs[:2] == ours[:2]
