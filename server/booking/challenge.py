"""Some work for a stranger's browser instead of a puzzle for the person: ALTCHA's proof of work, version 2.

The browser looks for the counter whose SHA-256 begins as asked, which costs it a moment and us nothing. A challenge is
signed, for one office, and good for a few minutes; whoever spends it writes its nonce down, so that it is good once.
"""

import hmac
import secrets
from binascii import Error as NotBase64
from datetime import UTC, datetime

import altcha
from msgspec import Struct

from server.errors import Refusal

__all__ = ["LONGEST_SOLUTION", "Solved", "new_challenge", "solved"]

LONGEST_SOLUTION = 4_000
ALGORITHM = "SHA-256"


class Solved(Struct, frozen=True):
    """The nonce of a challenge that was solved, and until when it could be spent."""

    nonce: str
    until: datetime


def new_challenge(key: bytes, office: str, until: datetime, tries: int) -> dict[str, object]:
    """A fresh challenge as ALTCHA's clients read it, solved within so many tries: {parameters, signature}.

    Until when it is good stands in its data, not in `expiresAt`: that one is compared with the machine's clock.
    """
    counter = tries // 2 + secrets.randbelow(max(1, tries - tries // 2))
    made = altcha.create_challenge(
        ALGORITHM, 1, counter=counter, data={"office": office, "until": int(until.timestamp())}, hmac_secret=_key(key)
    )
    return dict(made.to_dict())


def solved(key: bytes, office: str, solution: str, now: datetime) -> Solved:
    """What was solved. `solution` is Base64 of ALTCHA's payload {challenge, solution}.

    Refuses challenge-failed where it is not one of ours, not solved, for another office, or no longer good.
    """
    if len(solution) > LONGEST_SOLUTION:
        raise Refusal("challenge-failed")
    try:
        payload = altcha.Payload.from_base64(solution)
        checked = altcha.verify_solution(payload, _key(key))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NotBase64):
        raise Refusal("challenge-failed") from None
    parameters = payload.challenge.parameters
    # Signed, so it is as it was made; only now may it be looked at.
    said = parameters.data if checked.verified else None
    if not said or said["office"] != office or said["until"] < now.timestamp():
        raise Refusal("challenge-failed")
    return Solved(parameters.nonce, datetime.fromtimestamp(said["until"], UTC))


def _key(key: bytes) -> bytes:
    return hmac.digest(key, b"challenge", "sha256")
