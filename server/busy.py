"""Simulated people for `motcua demo --busy`: they use the same HTTP as real ones, at several times life's speed.

python -m server.busy URL OFFICE        MOTCUA_DEMO_TOKEN (a kiosk's), MOTCUA_DEMO_PASSWORD (the officers')
"""

import asyncio
import os
import random
import sys
from collections.abc import Sequence

import httpx

__all__ = ["main"]

SPEED = 8.0
"""Simulated minutes pass this many times faster than real ones."""
OFFICERS = (("son.bode", 1), ("dung.bode", 2), ("trang.bode", 3), ("oanh.bode", 4), ("nhi.bode", 5), ("binh.bode", 6))
FREE_COUNTERS = 2
"""So many counters are left to whoever looks around."""
# Line, its share of the people, and mean minutes at the counter.
MIX = (("A", 0.45, 5.0), ("H", 0.18, 11.0), ("T", 0.14, 3.0), ("L", 0.07, 18.0), ("K", 0.06, 14.0), ("S", 0.1, 11.0))
ARRIVALS_PER_MINUTE = 0.55
MINUTES = {line: minutes for line, _, minutes in MIX}
CROWD = 14
"""With more than this many waiting, newcomers turn round at the door."""

_follow: dict[str, str] = {}
"""Ticket -> follow token, for those who will say how it went."""


async def main(url: str, office: str) -> None:
    """Keep the hall alive until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_citizens(url, office))
        for username, counter in OFFICERS[FREE_COUNTERS:]:
            group.create_task(_officer(url, username, counter))


async def _citizens(url: str, office: str) -> None:
    headers = {"Authorization": f"Bearer {os.environ['MOTCUA_DEMO_TOKEN']}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
        while True:
            await _pass(random.expovariate(ARRIVALS_PER_MINUTE))
            lines = await _ask(client, "GET", f"/api/offices/{office}/lines")
            if lines is None or sum(line["waiting"] for line in lines.json()) > CROWD:
                continue
            line = _pick(MIX)
            body: dict[str, object] = {"line": line}
            if random.random() < 0.1:  # noqa: S311  a demo, not a secret
                body["class"] = "elderly75"
            issued = await _ask(client, "POST", "/api/kiosk/tickets", body)
            if issued is not None:
                _follow[issued.json()["id"]] = issued.json()["followToken"]


async def _officer(url: str, username: str, counter: int) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        password = os.environ["MOTCUA_DEMO_PASSWORD"]
        while await _ask(client, "POST", "/api/session", {"username": username, "password": password}) is None:
            await _pass(1)
        await _ask(client, "PUT", "/api/desk", {"counter": counter})
        desk = await _ask(client, "GET", "/api/desk")
        left = desk.json()["ticket"] if desk is not None else None  # from a demo that was stopped in between
        while True:
            if left is not None:
                ticket, left = left, None
            else:
                called = await _ask(client, "POST", "/api/desk/next")
                if called is None or called.status_code == 204:
                    await _pass(1)
                    continue
                ticket = called.json()
            await _serve(client, ticket)


async def _serve(client: httpx.AsyncClient, ticket: dict[str, object]) -> None:
    path = f"/api/desk/tickets/{ticket['id']}"
    if ticket["state"] == "called":
        await _pass(0.7)
        if random.random() < 0.06:  # noqa: S311
            await _ask(client, "POST", f"{path}/miss")
            return
        await _ask(client, "POST", f"{path}/start")
    await _pass(random.gammavariate(3, MINUTES.get(str(ticket["line"]), 8.0) / 3))
    finished = await _ask(client, "POST", f"{path}/finish", {})
    token = _follow.pop(str(ticket["id"]), None)
    if finished is not None and token is not None and random.random() < 0.5:  # noqa: S311
        level = random.choices((3, 2, 1), (60, 34, 6))[0]  # noqa: S311
        await _ask(client, "POST", f"/api/tickets/{token}/rating", {"level": level})


async def _ask(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, object] | None = None
) -> httpx.Response | None:
    """One request; None where it was refused or lost: the simulated person shrugs and goes on."""
    headers = {"Idempotency-Key": os.urandom(12).hex()}
    try:
        answer = await client.request(method, path, json=body, headers=headers)
    except httpx.HTTPError:
        await _pass(1)
        return None
    return answer if answer.is_success else None


async def _pass(minutes: float) -> None:
    await asyncio.sleep(minutes * 60 / SPEED)


def _pick(mix: Sequence[tuple[str, float, float]]) -> str:
    return random.choices([line for line, _, _ in mix], [share for _, share, _ in mix])[0]  # noqa: S311


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
