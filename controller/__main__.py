"""``python -m controller``: the same as the script ``sealer-controller``."""

from __future__ import annotations

from controller.main import main

if __name__ == "__main__":
    main()
