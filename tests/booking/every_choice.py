"""Whether everybody can be served, found by trying everything: what the rules find quickly is held to this."""

from collections.abc import Collection, Sequence
from itertools import product

from server.booking.rules_dealing import Booked

__all__ = ["can_be_served"]


def can_be_served(found: Sequence[tuple[Booked, Collection[str]]]) -> bool:
    """Whether some choice among those able to take each booking leaves nobody with two at once."""
    for choice in product(*(sorted(able) for _, able in found)):
        pairs = list(zip(choice, (booked for booked, _ in found), strict=True))
        if not any(
            mine == other and one.start < two.end and two.start < one.end
            for place, (mine, one) in enumerate(pairs)
            for other, two in pairs[:place]
        ):
            return True
    return False
