"""``python -m injector.webhook``: the same as ``sealer-injector``."""

from injector.webhook.main import main

main()
