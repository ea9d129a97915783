"""The server a kiosk talks to, made to misbehave on demand: it follows CONTRACT.md as far as a kiosk needs it."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, WebSocket, get, post, put, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, FromQuery

from server import wire
from tests.serving import serving

TOKEN = "kiosk-token"
ZONE = "Asia/Ho_Chi_Minh"


def line(code: str, name_vi: str, name_en: str, **more: Any) -> wire.LineView:
    """A line as the server tells it."""
    facts: dict[str, Any] = {
        "kind": "procedures", "name": name_vi, "prefix": code, "open": True, "waiting": 0,
        "wait": wire.Wait(p50=0, p90=5),
    } | more  # fmt: skip
    return wire.LineView(code=code, name_vi=name_vi, name_en=name_en, **facts)


def config(**more: Any) -> wire.KioskConfig:
    """A ward's kiosk, open round the clock."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        line("A", "Chứng thực", "Certification", waiting=9, wait=wire.Wait(p50=10, p90=20)),
        line("H", "Hộ tịch", "Civil status", waiting=6, wait=wire.Wait(p50=20, p90=35)),
        line("K", "Đăng ký kinh doanh", "Business registration", waiting=2, wait=wire.Wait(p50=5, p90=10)),
        line("L", "Đất đai, xây dựng", "Land and construction", waiting=11, wait=wire.Wait(p50=45, p90=70)),
        line("S", "Người có công, xã hội", "Social affairs", open=False),
        line("V", "Xã hội – Văn hóa – Giáo dục", "Social affairs, culture, education", waiting=0),
        line("T", "Trả kết quả", "Result hand-over", kind="results", waiting=1, wait=wire.Wait(p50=5, p90=10)),
        line("HD", "Hỏi, nhờ hướng dẫn", "Ask for guidance", kind="guidance", prefix="Q", wait=None),
    ]
    facts: dict[str, Any] = {
        "day": today.date(),
        "time_zone": ZONE,
        "office": wire.KioskOffice(
            code="bo-de", name_vi="Phường Bồ Đề", name_en="Bồ Đề ward", address="Long Biên, Hà Nội",
            opening_now=wire.OpenHours(opens=today - timedelta(days=1), closes=today + timedelta(days=2)),
            opening_next=wire.OpenHours(opens=today + timedelta(days=2), closes=today + timedelta(days=3)),
        ),
        "lines": lines,
        "groups": [
            wire.Group(code="elderly75", name_vi="Người từ đủ 75 tuổi", name_en="Aged 75 or over"),
            wire.Group(code="disability", name_vi="Người khuyết tật nặng", name_en="Severe disability"),
        ],
        "ranges": [wire.NumberRange(line=one.code, first=901, last=950) for one in lines],
        "public_url": "https://motcua.example.vn",
        "hotline": "024 0000 0000",
    } | more  # fmt: skip
    return wire.KioskConfig(**facts)


@dataclass
class Office:
    """The server's memory. `answer` decides what becomes of each command before and after it is carried out."""

    config: wire.KioskConfig = field(default_factory=config)
    issued: dict[str, wire.IssuedTicket] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    offline: dict[str, wire.OfflineTicket] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    help_calls: list[str] = field(default_factory=list)
    """The key of each call for help."""
    statuses: list[wire.DeviceStatus] = field(default_factory=list)
    bookings: dict[str, str] = field(default_factory=lambda: {"K7QF3M2P9XWD": "H"})
    refuse: dict[int, str] = field(default_factory=dict)
    """Offline numbers that are refused, with the code."""
    before: Callable[[str], Response[Any] | None] = lambda _: None
    after: Callable[[str], Response[Any] | None] = lambda _: None
    feeds: set[asyncio.Queue[dict[str, Any] | int]] = field(default_factory=set)
    happened: asyncio.Condition = field(default_factory=asyncio.Condition)
    seq: int = 1
    token: str = TOKEN
    calls: list[str] = field(default_factory=list)

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits until something about this server is true."""
        async with self.happened:
            await asyncio.wait_for(self.happened.wait_for(true), 20)

    async def tell(self) -> None:
        """Something happened: whoever waits looks again."""
        async with self.happened:
            self.happened.notify_all()

    def news(self, **frame: Any) -> None:
        """Sends a frame on every feed."""
        self.seq += 1
        for feed in self.feeds:
            feed.put_nowait({"seq": self.seq, **frame})

    def cut_feeds(self, code: int = 1012) -> None:
        """Closes every feed with that code."""
        for feed in self.feeds:
            feed.put_nowait(code)

    def ticket(self, code: str, key: str) -> wire.IssuedTicket:
        """A fresh number of that line."""
        found = next(one for one in self.config.lines if one.code == code)
        number = f"{found.prefix}{len(self.issued) + 1:03}"
        token = f"{len(self.issued) + 1:012}"
        return wire.IssuedTicket(
            id=key[:16], number=number, label=number, line=code, line_name=found.name, ahead=found.waiting,
            wait=found.wait, follow_token=token, follow_url=f"{self.config.public_url}/t/{token}",
            issued_at=datetime.now(UTC), documents=["giấy chứng sinh (bản chính)"],
        )  # fmt: skip


def problem(code: str, status: int, detail: str = "Không được.", **extra: object) -> Response[Any]:
    """A refusal in the server's words."""
    body = {"type": f"urn:motcua:{code}", "title": code, "status": status, "detail": detail} | extra
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json")


def _json(body: object, status: int = 200) -> Response[Any]:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json")


def application(office: Office) -> Litestar:
    """The endpoints of CONTRACT.md that a kiosk uses."""

    def stranger(request: Request[Any, Any, Any]) -> Response[Any] | None:
        office.calls.append(f"{request.method} {request.url.path}")
        if request.headers.get("authorization") != f"Bearer {office.token}":
            return problem("sign-in", 401)
        return office.before(request.url.path)

    async def told(request: Request[Any, Any, Any], answer: Response[Any]) -> Response[Any]:
        await office.tell()
        return office.after(request.url.path) or answer

    @get("/api/kiosk/config")
    async def kiosk_config(request: Request[Any, Any, Any]) -> Response[Any]:
        return stranger(request) or await told(request, _json(office.config))

    @get("/api/offices/{code:str}/board")
    async def board(code: FromPath[str]) -> Response[Any]:
        return _json({"seq": office.seq, "state": {}, "forecast": {}})

    @post("/api/kiosk/tickets")
    async def issue(request: Request[Any, Any, Any]) -> Response[Any]:
        if refused := stranger(request):
            return refused
        key, raw = request.headers["idempotency-key"], await request.body()
        body = wire.decode(raw, type=wire.KioskTicketRequest)
        if key in office.offline:
            return problem("attempt-abandoned", 409)
        if office.bodies.setdefault(key, raw) != raw:
            return problem("key-reused", 422)
        if body.line not in {one.code for one in office.config.lines if one.open}:
            return problem("line-closed", 409, "Lĩnh vực này đang tạm đóng.")
        if key not in office.issued:
            office.issued[key] = office.ticket(body.line, key)
        return await told(request, _json(office.issued[key], 201))

    @post("/api/kiosk/check-in")
    async def check_in(request: Request[Any, Any, Any]) -> Response[Any]:
        if refused := stranger(request):
            return refused
        body = wire.decode(await request.body(), type=wire.CheckIn)
        reference = body.reference or (body.qr or "").rpartition("/")[2]
        if reference not in office.bookings:
            return problem("no-such-booking", 404, "Không tìm thấy lịch hẹn này.")
        if reference in office.issued:
            code = "already-arrived" if "/t/" in (body.qr or "") else "already-checked-in"
            return problem(code, 409, ticket=office.issued[reference])
        office.issued[reference] = office.ticket(office.bookings[reference], reference)
        return await told(request, _json(office.issued[reference], 201))

    @post("/api/kiosk/offline-tickets")
    async def offline(request: Request[Any, Any, Any]) -> Response[Any]:
        if refused := stranger(request):
            return refused
        results = []
        for one in wire.decode(await request.body(), type=list[wire.OfflineTicket]):
            if one.number in office.refuse:
                results.append(wire.OfflineResult(id=one.id, result="refused", code=office.refuse[one.number]))
                continue
            if one.id in office.issued:
                office.withdrawn.append(office.issued[one.id].follow_token)
            result = "already" if one.id in office.offline else "accepted"
            office.offline.setdefault(one.id, one)
            link = f"{office.config.public_url}/t/OFF{one.number}{one.line}"
            results.append(wire.OfflineResult(id=one.id, result=result, follow_url=link))  # type: ignore[arg-type]
        return await told(request, _json(results))

    @post("/api/tickets/{token:str}/withdraw")
    async def withdraw(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
        if refused := office.before(request.url.path):
            return refused
        if token in office.withdrawn:
            return problem("already-withdrawn", 409)
        office.withdrawn.append(token)
        return await told(request, _json({"state": "withdrawn"}))

    @post("/api/kiosk/help")
    async def help_(request: Request[Any, Any, Any]) -> Response[Any]:
        if refused := stranger(request):
            return refused
        office.help_calls.append(request.headers["idempotency-key"])
        return await told(request, _json({}))

    @put("/api/devices/self/status", status_code=204)
    async def status(request: Request[Any, Any, Any]) -> None:
        office.statuses.append(wire.decode(await request.body(), type=wire.DeviceStatus))
        await office.tell()

    @get("/api/offices/{code:str}/procedures")
    async def procedures(request: Request[Any, Any, Any], code: FromPath[str], q: FromQuery[str] = "") -> Response[Any]:
        if refused := office.before(request.url.path):
            return refused
        found = [
            wire.ProcedureView(
                code="1.001193", name="Đăng ký khai sinh", field="Hộ tịch", line="H", minutes=12, statutory_days=1,
                promised_days=0, fee_in_person=8000, fee_online=0, fee_decision="",
                fee_change=None, required_documents=["Giấy chứng sinh", "Căn cước"],
                short_info="Làm giấy khai sinh cho trẻ mới sinh.",
            ),
            wire.ProcedureView(
                code="2.000815", name="Chứng thực bản sao " + "rất dài " * 110, field="Chứng thực", line="A", minutes=5,
                statutory_days=None, promised_days=None, fee_in_person=None, fee_online=None, fee_decision="",
                fee_change=None, required_documents=[],
                short_info="",
            ),
        ]  # fmt: skip
        return _json(wire.ProcedureList(items=found if q.startswith(("k", "ch")) else [], next_cursor=None))

    @websocket("/ws/offices/{code:str}/feed")
    async def feed(socket: WebSocket[Any, Any, Any], code: FromPath[str]) -> None:
        await socket.accept()
        mine: asyncio.Queue[dict[str, Any] | int] = asyncio.Queue()
        office.feeds.add(mine)
        try:
            await socket.send_json({"heartbeat": office.seq})
            await office.tell()
            while True:
                waiting = asyncio.ensure_future(mine.get())
                done, _ = await asyncio.wait({waiting}, timeout=5)
                frame = waiting.result() if done else {"heartbeat": office.seq}
                waiting.cancel()
                if isinstance(frame, int):
                    await socket.close(frame)
                    return
                await socket.send_json(frame)
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            office.feeds.discard(mine)

    return Litestar(
        [kiosk_config, board, issue, check_in, offline, withdraw, help_, status, procedures, feed],
        openapi_config=None, logging_config=None,
    )  # fmt: skip


class LiveServer:
    """The stand-in server on a port of its own, which it keeps over stops and starts."""

    def __init__(self, office: Office, port: int = 0) -> None:
        self.office = office
        self.port = port
        self._running = AsyncExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listens."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            application(self.office), ws="websockets-sansio", log_config=None, timeout_graceful_shutdown=1
        )
        await self._running.enter_async_context(serving(config, listener))

    async def stop(self) -> None:
        """Goes away; feeds are cut."""
        self.office.cut_feeds()
        await self._running.aclose()


async def _forever(port: int) -> None:
    server = LiveServer(Office(), port)
    await server.start()
    print(f"stand-in server: {server.url}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":  # to look at the screen without the real server
    import sys

    asyncio.run(_forever(int(sys.argv[1])))
