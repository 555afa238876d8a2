"""What can be wrong with one sealed value.

The two are different signals: a malformed value is wrong for every key, and it is public that it is (no key was needed
to see it), while `NotThisKeyError` says no more than that this key and this label do not open it.
"""

from __future__ import annotations

from sealer.errors import InputError


class MalformedValueError(InputError):
    """Not a sealed value at all: not base64, too short, or of a format that this version does not know."""


class NotThisKeyError(Exception):
    """This key and this label do not open the value.

    It never says whether the label, the key or the tag was wrong, and carries no cause that does: an answer that tells
    them apart is an oracle.
    """

    def __init__(self) -> None:
        super().__init__("this key does not open the value")
