"""Made-up mornings of an office: frames as a server that keeps the rules would send them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

LINES = ("A", "H", "K")
COUNTERS = (1, 2, 21)
START = datetime(2026, 11, 23, 1, tzinfo=UTC)
EMPTY: dict[str, Any] = {
    "seq": 0,
    "state": {
        "day": "2026-11-23",
        "calls": [],
        "lines": [{"code": code, "waiting": 0} for code in LINES],
        "counters": [{"number": n, "name": f"Quầy {n}", "open": False} for n in COUNTERS],
        "ratings": {"served": 0, "answered": 0, "satisfied": 0},
        "notices": [],
        "practice": False,
    },
    "forecast": {},
}
# verb: from which states, to which
VERBS = {
    "called": (("waiting", "missed"), "called"),
    "recalled": (("called",), "called"),
    "started": (("called",), "serving"),
    "finished": (("serving",), "served"),
    "missed": (("called",), "missed"),
    "returned": (("missed",), "waiting"),
    "parked": (("serving",), "parked"),
    "resumed": (("parked",), "serving"),
    "transferred": (("called", "serving", "waiting"), "waiting"),
    "withdrawn": (("waiting", "missed"), "withdrawn"),
    "undone": (("called", "serving", "served"), "waiting"),
}


class Morning:
    """Draws one event after another; knows every ticket's state, so that each frame is one that could be."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw
        self.seq = 0
        self.tickets: list[dict[str, str]] = []

    def frame(self) -> dict[str, Any]:
        """The next frame."""
        what = self._draw(st.sampled_from(["issued", "verb", "verb", "verb", "verb", "other"]))
        if what == "verb":
            able = [
                (ticket, verb)
                for ticket in self.tickets
                for verb, (states, _) in VERBS.items()
                if ticket["state"] in states
            ]
            if able:
                return self._verb(*self._draw(st.sampled_from(able)))
            what = "issued"
        return self._issued() if what == "issued" else self._other()

    def _next(self, kind: str, **facts: Any) -> dict[str, Any]:
        self.seq += 1
        at = (START + timedelta(seconds=self.seq)).isoformat().replace("+00:00", "Z")
        return {"seq": self.seq, "at": at, "kind": kind, **facts}

    def _issued(self) -> dict[str, Any]:
        line = self._draw(st.sampled_from(LINES))
        number = f"{line}{len(self.tickets) + 1:03}"
        ticket = {"id": f"t{len(self.tickets)}", "number": number, "label": number, "line": line, "state": "waiting"}
        self.tickets.append(ticket)
        return self._next("ticket.issued", ticket=dict(ticket), was=None)

    def _verb(self, ticket: dict[str, str], verb: str) -> dict[str, Any]:
        was = {"state": ticket["state"], "line": ticket["line"]}
        ticket["state"] = VERBS[verb][1]
        if verb == "transferred":
            ticket["line"] = self._draw(st.sampled_from(LINES))
        facts: dict[str, Any] = {"ticket": dict(ticket), "was": was}
        if verb in ("called", "recalled"):
            number = self._draw(st.sampled_from(COUNTERS))
            facts["counter"] = {"number": number, "name": f"Quầy {number}"}
        return self._next(f"ticket.{verb}", **facts)

    def _other(self) -> dict[str, Any]:
        number = self._draw(st.sampled_from(COUNTERS))
        counter = {"number": number, "name": f"Quầy {number}"}
        level = st.integers(1, 3)
        kind, facts = self._draw(
            st.sampled_from(
                [
                    ("counter.opened", {"counter": counter, "open": True}),
                    ("counter.paused", {"counter": counter, "open": False}),
                    (
                        "rating.given",
                        {
                            "level": self._draw(level),
                            "was": self._draw(st.none() | level),
                            "today": self._draw(st.booleans()),
                        },
                    ),
                    ("office.announced", {"notice": "incident"}),
                    ("office.closed", {"day": "2026-11-23"}),
                    ("office.opened", {"day": "2026-11-24", "practice": self._draw(st.booleans())}),
                    (
                        "office.changed",
                        {"lines": ["K", "A", "Z"], "counters": [counter, {"number": 99, "name": "Quầy 99"}]},
                    ),
                    ("appointment.confirmed", {"reference": 7}),
                ]
            )
        )
        return self._next(kind, **json.loads(json.dumps(facts)))


@st.composite
def frames(draw: Callable[[st.SearchStrategy[Any]], Any], most: int = 40) -> list[dict[str, Any]]:
    """The frames of one morning, from the first number on."""
    morning = Morning(draw)
    return [morning.frame() for _ in range(draw(st.integers(1, most)))]
