"""A real control plane and a real Vault on any machine, shared by the demo, the tests and the benchmarks.

No part is faked: etcd, kube-apiserver, kube-controller-manager, Vault and the existing sealing system are built once
from pinned Go modules (`deploy/local/parts`) and run on loopback. `python -m deploy.local --help` lists the commands.
"""
