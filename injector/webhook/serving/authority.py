"""What is in the Secret of the serving certificate, and what has to be done about it next: pure.

Two certificates are renewed while the API server keeps calling. The leaf is simple: whoever trusts the CA trusts the
next leaf. A new CA must be trusted everywhere before the first leaf of it is served, and the old one must stay trusted
while a replica may still serve a leaf of it. So it goes in steps, each of which leaves a state in which every call
succeeds:

1. the new CA joins the trusted ones in the Secret; the leaf stays;
2. every webhook entry is seen to carry both, and some time passes in which API servers take notice;
3. a leaf of the new CA takes the old one's place;
4. when no leaf of the old CA can be served any more, the old CA goes.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from injector.webhook.serving import issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

# The CA's share of its life after which the next is made, and the leaf's.
_RENEW_CA_AFTER: Final = 0.8
_RENEW_LEAF_AFTER: Final = 2 / 3
# Of a leaf's life, for the time from a CA to its first leaf.
_SLACK: Final = 1.25
CA: Final = "ca.crt"
CA_KEY: Final = "ca.key"
CERTIFICATE: Final = "tls.crt"
KEY: Final = "tls.key"


@dataclass(frozen=True)
class Lifetimes:
    """How long certificates are valid, and how long API servers may take to notice a changed registration.

    Attributes:
        leaf: Of a serving certificate. Long enough that a cluster whose control plane is away for days still serves.
        authority: Of a CA.
        settle: From the registration of a CA to its first leaf.

    """

    leaf: timedelta = timedelta(days=30)
    authority: timedelta = timedelta(days=3650)
    settle: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class Serving:
    """A usable content of the Secret, all PEM.

    Attributes:
        trusted: The CAs to be registered, the newest first.
        authority_key: Of the newest CA.
        certificate: The leaf.
        key: Of the leaf.

    """

    trusted: tuple[bytes, ...]
    authority_key: bytes = field(repr=False)
    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def bundle(self) -> bytes:
        """All trusted CAs, as ``caBundle`` has them."""
        return b"".join(self.trusted)


class Step(Enum):
    """What to do next."""

    NOTHING = "nothing"
    NEW_AUTHORITY = "new authority"
    NEW_LEAF = "new leaf"
    DROP_OLD_AUTHORITIES = "drop old authorities"


def normal(host: str) -> str:
    """Return a host as `issue.names` has it: addresses have several spellings."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()


def from_data(data: Mapping[str, bytes]) -> Serving | None:
    """Return what a Secret's data hold; None if it is not usable whole, so that it is made anew.

    Args:
        data: The Secret's values by entry.

    """
    try:
        trusted = x509.load_pem_x509_certificates(data[CA])
        newest, leaf = trusted[0], x509.load_pem_x509_certificate(data[CERTIFICATE])
        keys = [serialization.load_pem_private_key(data[name], None) for name in (CA_KEY, KEY)]
        # Each key belongs to its certificate, and the leaf to one of the CAs.
        belongs = [key.public_key() == one.public_key() for key, one in zip(keys, (newest, leaf), strict=True)]
        if not all(belongs) or _issuer(leaf, trusted) is None:
            return None
    except (KeyError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return Serving(tuple(issue.pem(one) for one in trusted), data[CA_KEY], data[CERTIFICATE], data[KEY])


def to_data(serving: Serving) -> dict[str, bytes]:
    """Return the Secret's data; see `from_data`."""
    return {
        CA: serving.bundle,
        CA_KEY: serving.authority_key,
        CERTIFICATE: serving.certificate,
        KEY: serving.key,
    }


def first(hosts: Sequence[str], lifetimes: Lifetimes, now: datetime) -> Serving:
    """Return a new CA and a leaf of it, where there was nothing to go on from."""
    authority = issue.authority(lifetimes.authority, now)
    leaf = issue.leaf(authority, hosts, lifetimes.leaf, now)
    return Serving((authority.certificate,), authority.key, leaf.certificate, leaf.key)


def next_step(serving: Serving, hosts: Sequence[str], now: datetime, registered: timedelta | None) -> Step:
    """Return what is due.

    Args:
        serving: What the Secret holds.
        hosts: Names and addresses that the API server calls.
        now: The time, aware.
        registered: For how long every webhook entry is known to carry the bundle; None if one does not, or if nobody
            looked. The caller compares it with `Lifetimes.settle` by giving None until that is over.

    """
    trusted = [x509.load_pem_x509_certificate(one) for one in serving.trusted]
    leaf = x509.load_pem_x509_certificate(serving.certificate)
    if _spent(trusted[0], _RENEW_CA_AFTER, now):
        return Step.NEW_AUTHORITY
    of_newest = _signed_by(leaf, trusted[0])
    complete = issue.names(leaf) >= set(map(normal, hosts))
    wanted = not of_newest or not complete or _spent(leaf, _RENEW_LEAF_AFTER, now)
    # A leaf that nobody accepts any more is replaced at once: there is nothing to lose by it.
    unusable = leaf.not_valid_after_utc <= now or not complete
    if wanted and (len(trusted) == 1 or registered is not None or unusable):
        return Step.NEW_LEAF
    if of_newest and any(_is_over(old, trusted[0], leaf, now) for old in trusted[1:]):
        return Step.DROP_OLD_AUTHORITIES
    return Step.NOTHING


def take(step: Step, serving: Serving, hosts: Sequence[str], lifetimes: Lifetimes, now: datetime) -> Serving:
    """Return what the Secret holds after `step`."""
    match step:
        case Step.NEW_AUTHORITY:
            made = issue.authority(lifetimes.authority, now)
            alive = tuple(one for one in serving.trusted if _ends(one) > now)
            return replace(serving, trusted=(made.certificate, *alive), authority_key=made.key)
        case Step.NEW_LEAF:
            authority = issue.Issued(serving.trusted[0], serving.authority_key)
            leaf = issue.leaf(authority, hosts, lifetimes.leaf, now)
            return replace(serving, certificate=leaf.certificate, key=leaf.key)
        case Step.DROP_OLD_AUTHORITIES:
            return replace(serving, trusted=serving.trusted[:1])
        case Step.NOTHING:
            return serving


def expiry(serving: Serving) -> datetime:
    """Return when the leaf ends."""
    return _ends(serving.certificate)


def trusted_by(serving: Serving, bundle: bytes) -> bool:
    """Return whether whoever trusts `bundle`, PEM, trusts the leaf."""
    try:
        authorities = x509.load_pem_x509_certificates(bundle)
    except ValueError:
        return False
    return _issuer(x509.load_pem_x509_certificate(serving.certificate), authorities) is not None


def _is_over(old: x509.Certificate, newest: x509.Certificate, leaf: x509.Certificate, now: datetime) -> bool:
    """Whether no replica can still serve a leaf of `old`.

    A replica takes up a new leaf within seconds; one that does not reach the API server serves its own for as long as
    that is valid. The last leaf of `old` began when `newest` had just been made.
    """
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    return old.not_valid_after_utc <= now or newest.not_valid_before_utc + life * _SLACK <= now


def _spent(certificate: x509.Certificate, share: float, now: datetime) -> bool:
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return certificate.not_valid_before_utc + life * share <= now


def _issuer(leaf: x509.Certificate, authorities: Sequence[x509.Certificate]) -> x509.Certificate | None:
    return next((one for one in authorities if _signed_by(leaf, one)), None)


def _signed_by(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    if not isinstance(authority.public_key(), ec.EllipticCurvePublicKey):
        return False
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _ends(certificate: bytes) -> datetime:
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
