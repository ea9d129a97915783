"""Looking changes nothing: after every GET there is, the database is as it was."""

import httpx
from litestar.handlers import HTTPRouteHandler

from tests.server.support import OFFICE, House, act, call, ok, take
from tests.server.test_secrets import everything

FILLED_IN = {"office": OFFICE, "counter": "2", "line": "A", "procedure": "2.000815", "lines": "A"}
NOT_STATE = {"promise"}
"""What a forecast said is kept where the forecast is made; nobody's ticket changes by it."""


def addresses(house: House, **known: str) -> list[str]:
    """Every GET address of the server, its placeholders filled in."""
    found = []
    for route in house.app.routes:
        handlers = [each for each in getattr(route, "route_handlers", []) if isinstance(each, HTTPRouteHandler)]
        if any("GET" in handler.http_methods for handler in handlers):
            path = route.path_format
            for name, value in (FILLED_IN | known).items():
                path = path.replace(f"{{{name}}}", value)
            found.append(path)
    return [path for path in found if "{" not in path and not path.startswith("/static")]


async def test_no_get_changes_anything(house: House) -> None:
    """Every page and every question, asked by everybody, leaves each table as it was."""
    kiosk, desk = await house.device(), await house.officer(counter=2)
    issued = await take(kiosk)
    await act(desk, await call(desk), "start")
    await take(kiosk)
    callers: list[httpx.AsyncClient] = [
        house.client(),
        kiosk,
        desk,
        await house.officer("huong.bode"),
        await house.officer("lan.bode"),
    ]
    callers.append(await house.device("tablet", counter=2))
    paths = addresses(house, follow_token=issued["followToken"], ticket=issued["id"], reference="7K7K7K7K7K7K")
    assert len(paths) > 25
    ok(await desk.get("/api/desk"))
    before = [each for each in await everything(house) if each[0].partition(".")[0] not in NOT_STATE]
    for caller in callers:
        for path in paths:
            for query in ("", "?procedure=2.000815&counter=2&lines=A&line=A&q=an"):
                answer = await caller.get(path + query)
                assert answer.status_code < 500, (path, answer.text)
    after = [each for each in await everything(house) if each[0].partition(".")[0] not in NOT_STATE]
    assert after == before
