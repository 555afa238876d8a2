"""`sealer kubeseal`: the existing client's flags, modes, messages and exit codes (reference, sealed-secrets 3).

What that one loses, this one keeps or refuses: docs/reference/kubeseal-differences.md lists every difference.
"""
