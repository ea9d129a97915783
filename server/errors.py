"""Every refusal: a stable code, an HTTP status, and a sentence in Vietnamese and English.

A refusal is an answer, not an accident: it is decided before anything is written, and it changes nothing.
Its sentences stand in the catalogue (`web/locale/errors.csv`) under `refusal.<code>`.
"""

from collections.abc import Mapping

from server.phrases import Language, say

__all__ = ["STATUS", "Refusal"]

STATUS: Mapping[str, int] = {
    # what was sent
    "invalid": 400,
    "unknown-field": 400,
    "too-long": 400,
    "bad-text": 400,
    "bad-origin": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "too-large": 413,
    "unsupported-media": 415,
    "key-reused": 422,
    "invalid-key": 400,
    "too-many": 429,
    # who is asking
    "sign-in": 401,
    "wrong-password": 401,
    "locked-out": 429,
    "username-taken": 409,
    "no-such-officer": 404,
    "short-password": 400,
    "not-allowed": 403,
    # offices and catalogue
    "no-such-office": 404,
    "no-such-line": 404,
    "no-such-procedure": 404,
    "no-such-group": 404,
    "office-ended": 409,
    # numbers
    "office-closed": 409,
    "line-full": 409,
    "late-today": 409,
    "no-home-numbers": 409,
    "home-numbers-full": 409,
    "home-number-held": 409,
    "not-arrived": 409,
    "not-from-home": 409,
    "already-arrived": 409,
    "other-office": 409,
    "wrong-poster-code": 409,
    "line-closed": 409,
    "no-such-ticket": 404,
    "attempt-abandoned": 409,
    "not-your-number": 409,
    "number-taken": 409,
    "too-old": 409,
    "already-withdrawn": 409,
    # practice
    "made-up-office": 409,
    "numbers-open": 409,
    "practice-now": 409,
    "practice-over": 409,
    "already-held": 409,
    "no-keeping": 409,
    "held-too-long": 409,
    "held-too-often": 409,
    # the desk
    "no-such-counter": 404,
    "no-such-kiosk": 404,
    "counter-taken": 409,
    "not-seated": 409,
    "counter-paused": 409,
    "still-serving": 409,
    "wrong-state": 409,
    "not-your-ticket": 409,
    "not-your-line": 409,
    "transfer-where": 400,
    "no-such-outcome": 400,
    "date-needed": 400,
    "too-soon": 409,
    "nothing-to-undo": 409,
    "same-ticket": 409,
    # booking
    "slot-full": 409,
    "officer-cannot": 409,
    "slot-gone": 409,
    "slot-closed": 409,
    "slot-past": 409,
    "too-far-ahead": 409,
    "hold-expired": 410,
    "already-cancelled": 409,
    "already-confirmed": 409,
    "already-started": 409,
    "booking-over": 409,
    "no-channel": 409,
    "too-many-bookings": 409,
    "too-many-for-phone": 409,
    "too-many-holds": 429,
    "too-many-dossiers": 409,
    "bad-count": 400,
    "short-notice": 409,
    "challenge-needed": 428,
    "challenge-failed": 428,
    "code-wrong": 403,
    "code-over": 410,
    "too-many-codes": 429,
    "no-way-for-code": 409,
    "already-booked": 409,
    "dossier-needed": 400,
    "bad-dossier": 400,
    "dossier-unknown": 400,
    "bad-phone": 400,
    "bad-name": 400,
    "bad-email": 400,
    "bad-identity-number": 400,
    "no-such-booking": 404,
    "push-off": 409,
    "bad-subscription": 422,
    # the waiting list
    "no-waiting-list": 409,
    "email-needed": 400,
    "day-over": 409,
    "day-closed": 409,
    "day-not-open": 409,
    "day-has-room": 409,
    "already-waiting": 409,
    "no-such-entry": 404,
    "not-waiting": 409,
    # checking in
    "too-early": 409,
    "already-checked-in": 409,
    "ask-reception": 409,
    "booking-cancelled": 409,
    "check-in-one": 400,
    # reception and head
    "no-such-card": 404,
    "card-out": 409,
    "card-lost": 409,
    "card-in-use": 409,
    "not-future": 400,
    "bad-number": 400,
    # the timetable
    "day-past": 400,
    "day-too-far": 400,
    "until-before": 400,
    "ends-before": 400,
    "both-times": 400,
    "spans-overlap": 400,
    "first-week-needed": 400,
    "shift-overlap": 409,
    "not-in-timetable": 404,
    "timetable-differs": 409,
    "not-stranded": 409,
    "no-such-message": 404,
    "not-failed": 409,
    # rating
    "already-rated": 409,
    "no-such-reason": 400,
    "not-served": 409,
    # the machinery
    "database-unavailable": 503,
    "starting": 503,
    "internal": 500,
}


class Refusal(Exception):
    """Why something was not done. `values` fill the sentence's placeholders; `extra` goes into the answer as it is."""

    def __init__(self, code: str, /, *, extra: Mapping[str, object] | None = None, **values: object) -> None:
        self.code = code
        self.status = STATUS[code]
        self.values = values
        self.extra = dict(extra or {})
        super().__init__(code)

    def sentence(self, language: Language) -> str:
        """What to tell the person, in their language."""
        values = dict(self.values)
        if "state" in values:
            values["state_name"] = say(language, f"ticket-state.{values['state']}")
        return say(language, f"refusal.{self.code}", **values)
