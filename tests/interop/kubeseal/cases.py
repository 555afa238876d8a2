"""The table: what both command lines are asked, and what each says of what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Case:
    """One invocation.

    Attributes:
        words: The command line, split at spaces.
        code: The exit code.
        says: A part of what standard error says; of theirs and ours, where each has its own words.
        stdin: Name of the file that standard input is, or the text itself.
        environ: Environment variables.
        out: Whether standard output is the same; not so where each prints its own usage.

    """

    words: str
    code: int = 0
    says: str | tuple[str, str] = ""
    stdin: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    out: bool = True

    def __str__(self) -> str:
        given = "".join(f"{name}={value} " for name, value in self.environ.items())
        return f"{given}{self.words or '(none)'}{f' <{self.stdin}' if self.stdin else ''}"


EMPTY: Final = "secret.data is empty in input Secret, assuming this is an error and aborting"
NO_SECRETS: Final = "no secrets found. Ensure the input is valid and UTF-8 encoded"
NO_NAMESPACE: Final = "secret must declare a namespace"
UNCONFIGURED: Final = (
    "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
)
SERVICE: Final = "cannot get sealed secret service: "
NO_KUBECONFIG: Final = {"KUBECONFIG": "/nonexistent"}
_CERT: Final = "--cert cert.pem"
_OPEN: Final = "--recovery-unseal --recovery-private-key"

HELP: Final = [
    Case("--version=false --version --help"),
    Case("--version nonsense -- --nope"),
    Case("- --version"),
    Case("--version -v=5 --logtostderr --vmodule=a=1 --stderrthreshold ERROR --log_file_max_size 7"),
    Case("--version --v 3 --skip_headers=true --alsologtostderr=F --log_backtrace_at a.go:1 --log_dir /x --log_file y"),
    Case("--version --add_dir_header --one_output --skip_log_headers --alsologtostderrthreshold=1"),
    Case("--version --legacy_stderr_threshold_behavior=false --as-group a --as-group b,c --as-uid u --as me"),
    Case("--version --request-timeout=abc"),
    Case("", environ={"SEALED_SECRETS_VERSION": "true"}),
    Case("--help", out=False),
    Case("-h", 0, ("Usage of", ""), out=False),
    Case("--nope", 2, ("Usage of", "unknown flag: --nope"), out=False),
    Case("-x", 2, ("Usage of", "unknown shorthand flag: 'x' in -x"), out=False),
    Case("-nshop -w", 2, ("Usage of", "flag needs an argument: 'w' in -w"), out=False),
    Case("--cert", 2, ("Usage of", "flag needs an argument: --cert"), out=False),
    Case("--raw=maybe", 2, ("Usage of", "--raw"), out=False),
    Case("--scope odd", 2, ("Usage of", "must be one of: strict, namespace-wide, cluster-wide"), out=False),
    Case("---version", 2, ("Usage of", "bad flag syntax: ---version"), out=False),
    Case("--=x", 2, ("Usage of", "bad flag syntax: --"), out=False),
    Case("--version -v=abc", 2, ("Usage of", "--v"), out=False),
    Case("--version --stderrthreshold=FOO", 2, ("Usage of", "--stderrthreshold"), out=False),
    Case("--version --log_file_max_size=-1", 2, ("Usage of", "--log_file_max_size"), out=False),
    Case('--version --from-file a"b', 2, ("Usage of", "--from-file"), out=False),
]

SEAL: Final = [
    Case(_CERT, stdin="secret.yaml"),
    Case(_CERT, stdin="secret.json"),
    Case(f"{_CERT} -f secret.yaml"),
    Case(f"{_CERT} --secret-file=secret.json --format yaml"),
    Case(f"{_CERT} -f secret.yaml -o YAML"),
    Case(f"{_CERT} -f secret.yaml --format="),
    Case(f"{_CERT} -f secret.yaml -o=yaml"),
    Case(f"{_CERT} -f secret.yaml -o=", 1, "unsupported output format: ="),
    Case(f"{_CERT} -f secret.yaml -w out.json"),
    Case(f"{_CERT} -f secret.yaml -w out.yaml -o json"),
    Case(f"{_CERT} -f secret.yaml -w out.yml"),
    Case(f"{_CERT} -fsecret.yaml -wsecret.yaml"),
    Case(f"{_CERT} -f two.yaml"),
    Case(f"{_CERT} -f two.json -o yaml"),
    Case(f"{_CERT} -f rich.yaml"),
    Case(f"{_CERT} -f rich.yaml -oyaml"),
    Case(f"{_CERT} -f lines.yaml"),
    Case(f"{_CERT} -f comment.yaml"),
    Case(f"{_CERT} -f untyped.yaml"),
    Case(f"{_CERT} -f illegal.yaml"),
    Case(f"{_CERT} -f nameless.yaml --name api"),
    Case(f"{_CERT} -f secret.yaml --name api"),
    Case(f"{_CERT} -f secret.yaml -n shop"),
    Case(f"{_CERT} -f secret.yaml ignored words"),
    Case(f"{_CERT} -f nowhere.yaml"),
    Case(f"{_CERT} -f nowhere.yaml -n other"),
    Case(f"{_CERT} -f nowhere.yaml --namespace="),
    Case(f"{_CERT} -f nowhere.yaml", environ={"SEALED_SECRETS_NAMESPACE": "other"}),
    Case(f"{_CERT} -f wide.yaml"),
    Case(f"{_CERT} -f cluster.yaml"),
    Case(f"{_CERT} -f both.yaml"),
    Case(f"{_CERT} -f half.yaml"),
    Case(f"{_CERT} -f anywhere.yaml"),
    Case(f"{_CERT} -f cluster.yaml -n other"),
    Case(f"{_CERT} -f secret.yaml --scope namespace-wide"),
    Case(f"{_CERT} -f secret.yaml --scope=cluster-wide"),
    Case(f"{_CERT} -f nowhere.yaml --scope cluster-wide"),
    Case(f"{_CERT} -f cluster.yaml --scope namespace-wide"),
    Case(f"{_CERT} -f wide.yaml --scope="),
    Case(f"{_CERT} -f nothing.yaml --allow-empty-data"),
    Case("--cert big.pem -f secret.yaml"),
    Case("--cert bundle.pem -f secret.yaml"),
    Case("-f secret.yaml", environ={"SEALED_SECRETS_CERT": "cert.pem", "SEALED_SECRETS_FORMAT": "yaml"}),
    Case(
        "-f secret.yaml --format json",
        environ={"SEALED_SECRETS_CERT": "cert.pem", "SEALED_SECRETS_FORMAT": "yaml", "SEALED_SECRETS_SCOPE": "odd"},
    ),
    Case("-f secret.yaml", environ={"SEALED_SECRETS_CERT": "cert.pem", "SEALED_SECRETS_SCOPE": "cluster-wide"}),
    Case(f"{_CERT} -f secret.yaml -n other", 1, 'input secret is in namespace "shop" but "other" was specified'),
    Case(f"{_CERT} -f nowhere.yaml", 1, NO_NAMESPACE, environ=NO_KUBECONFIG),
    Case(f"{_CERT} -f nowhere.yaml --context nope", 1, NO_NAMESPACE),
    Case(f"{_CERT} -f nowhere.yaml --kubeconfig nope", 1, NO_NAMESPACE),
    Case(f"{_CERT} -f nowhere.yaml --scope namespace-wide", 1, NO_NAMESPACE, environ=NO_KUBECONFIG),
    Case(f"{_CERT} -f nameless.yaml", 1, "missing metadata.name in input Secret"),
    Case(f"{_CERT} -f nothing.yaml", 1, EMPTY),
    Case(f"{_CERT} -f empty", 1, NO_SECRETS),
    Case(_CERT, 1, NO_SECRETS),
    Case(f"{_CERT} -f bad64.yaml", 1, "base64"),
    Case(f"{_CERT} -f secret.yaml -o xml", 1, "unsupported output format: xml"),
    Case(f"{_CERT} -f nope.yaml", 1, "Could not read file specified with --secret-file"),
    Case(f"{_CERT} -f secret.yaml -w nope/out.json", 1, "no such file or directory"),
    Case(f"{_CERT} -f secret.yaml --from-file value", 1, "--from-file requires --raw"),
    Case("--cert nope.pem -f secret.yaml", 1, "nope.pem: no such file or directory"),
    Case("--cert secret.yaml -f secret.yaml", 1, "data does not contain any valid RSA or ECDSA certificates"),
    Case("--cert key.pem -f secret.yaml", 1, "data does not contain any valid RSA or ECDSA certificates"),
    Case("--cert expired.pem -f secret.yaml", 1, "failed to encrypt using an expired certificate on "),
    Case("--cert ec.pem -f secret.yaml", 1, ("expected RSA public key but found", "is not an RSA key")),
    Case("--cert http://127.0.0.1:1/c -f secret.yaml", 1, "connection refused"),
    Case("-f secret.yaml", 1, SERVICE),
    Case("-f secret.yaml", 1, UNCONFIGURED, environ=NO_KUBECONFIG),
]

RAW: Final = [
    Case(f"{_CERT} --raw --name db -n shop", stdin="value"),
    Case(f"{_CERT} --raw --name db", stdin="value"),
    Case(f"{_CERT} --raw --name db -n shop --from-file value"),
    Case(f"{_CERT} --raw --name db -n shop --from-file key=value"),
    Case(f"{_CERT} --raw=true --name db -n shop --from-file=value -w out"),
    Case(f"{_CERT} --raw --scope namespace-wide -n shop", stdin="value"),
    Case(f"{_CERT} --raw --scope cluster-wide", stdin="value", environ=NO_KUBECONFIG),
    Case(f"{_CERT} --raw --scope strict --name db -n shop", stdin="value"),
    Case(f"{_CERT} --raw --name db -n shop -o xml", stdin="value"),
    Case(f"{_CERT} --raw --name db -n shop", environ={"SEALED_SECRETS_FROM_FILE": "value"}),
    Case(f"{_CERT} --raw --name testSecret -n shop", stdin="value"),
    Case(f"{_CERT} --raw -n shop", 1, "must provide the --name flag with --raw and --scope strict", stdin="value"),
    Case(f"{_CERT} --raw --name db", 1, UNCONFIGURED, stdin="value", environ=NO_KUBECONFIG),
    Case(f"{_CERT} --raw --scope namespace-wide", 1, UNCONFIGURED, stdin="value", environ=NO_KUBECONFIG),
    Case(f"{_CERT} --raw --name db -n shop --from-file value,empty", 1, "must provide only one --from-file"),
    Case(f"{_CERT} --raw --name db -n shop --from-file a=nope", 1, "nope: no such file or directory"),
    Case("--cert nope.pem --raw", 1, "nope.pem: no such file or directory", stdin="value"),
]

RECOVER: Final = [
    Case(f"{_OPEN} key.pem -f sealed.json"),
    Case(f"{_OPEN} key.pem -o yaml", stdin="sealed.yaml"),
    Case(f"{_OPEN} keys.yaml -f sealed.yaml -w out.yaml"),
    Case(f"{_OPEN} big.key,key.pem -f sealed.json"),
    Case(f"{_OPEN} big.key --recovery-private-key key.pem -f sealed.json"),
    Case(
        "--recovery-unseal --recovery-private-key big.key -f sealed.json",
        environ={"SEALED_SECRETS_RECOVERY_PRIVATE_KEY": "key.pem"},
    ),
    Case(f"{_OPEN} key.pem --validate --re-encrypt --raw", stdin="sealed.json"),
    Case(f"{_OPEN} key.pem -f sealed.json", environ=NO_KUBECONFIG),
    Case(f"{_OPEN} key.pem -f templated.json"),
    Case("--recovery-unseal -f sealed.json", 1, "no key could decrypt secret (password)"),
    Case(f"{_OPEN} big.key -f sealed.json", 1, "no key could decrypt secret (password)"),
    Case(f"{_OPEN} key.pem -f moved.json", 1, "no key could decrypt secret (password)"),
    Case(f"{_OPEN} nope.pem -f sealed.json", 1, "nope.pem: no such file or directory"),
    Case(f"{_OPEN} secret.yaml -f sealed.json", 1, ("must contain a 'tls.data' key", "has no item tls.key")),
    Case(f"{_OPEN} key.pem -f broken.yaml", 1, "did not find expected node content"),
    Case(f"{_OPEN} key.pem -f sealed.json -o xml", 1, "unsupported output format: xml"),
]

FETCH: Final = [
    Case(f"{_CERT} --fetch-cert"),
    Case(f"{_CERT} --fetch-cert -w out.pem"),
    Case("--cert bundle.pem --fetch-cert"),
    Case(f"{_CERT} --fetch-cert --merge-into nope.json --raw"),
    Case("--cert secret.yaml --fetch-cert"),
    Case("--cert expired.pem --fetch-cert"),
    Case("--cert file:///nope --fetch-cert", 1, ("404 Not Found", "/nope: no such file or directory")),
    Case("--fetch-cert", 1, UNCONFIGURED, environ=NO_KUBECONFIG),
    Case("--fetch-cert --context nope", 1, 'context "nope" does not exist'),
    Case("--fetch-cert --cluster nope", 1, 'cluster "nope" does not exist'),
    Case("--fetch-cert --request-timeout=abc", 1, "Invalid timeout value"),
    Case("--fetch-cert --server http://127.0.0.1:2", 1, SERVICE, environ=NO_KUBECONFIG),
    Case(
        "--fetch-cert --controller-name x --controller-namespace y", 1, "--controller-name and --controller-namespace"
    ),
    Case("--validate -f sealed.json", 1, SERVICE),
    Case("--validate -f sealed.json", 1, UNCONFIGURED, environ=NO_KUBECONFIG),
    Case("--re-encrypt -f sealed.json", 1, SERVICE),
    Case("--re-encrypt", 1, UNCONFIGURED, stdin="sealed.json", environ=NO_KUBECONFIG),
]

MERGE: Final = [
    Case(f"{_CERT} --merge-into target.json -f secret.yaml"),
    Case(f"{_CERT} --merge-into target.json -f two-items.yaml"),
    Case(f"{_CERT} --merge-into target.json -f nowhere.yaml"),
    Case(f"{_CERT} --merge-into target.json -f nameless.yaml"),
    Case(f"{_CERT} --merge-into target.json --raw -f secret.yaml"),
    Case(f"{_CERT} --merge-into target.yaml -o yaml -f secret.yaml"),
    Case(f"{_CERT} --merge-into target.json -f labelled.yaml"),
    Case(f"{_CERT} --merge-into target.json -f secret.yaml -n shop"),
    Case(f"{_CERT} --merge-into target.json -f secret.yaml -n other", 1, "namespace mismatch"),
    Case(f"{_CERT} --merge-into target.json -f nothing.yaml", 1, EMPTY),
    Case(f"{_CERT} --merge-into nope.json -f secret.yaml", 1, "nope.json: no such file or directory"),
    Case(f"{_CERT} --merge-into broken.yaml -f secret.yaml", 1, "did not find expected node content"),
    Case(f"{_CERT} --merge-into target.json -f empty", 1, NO_SECRETS),
]

TABLE: Final = [*HELP, *SEAL, *RAW, *RECOVER, *FETCH, *MERGE]
