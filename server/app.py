"""create_app(settings): the one place where everything is wired together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from litestar import Litestar, Request, Response, get
from litestar.config.app import AppConfig
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.datastructures.headers import MutableScopeHeaders
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from server import __version__
from server.booking.api import AppointmentController, SlotController
from server.booking.calendar_api import CalendarController, calendar_page, print_page
from server.booking.dossiers import Dossiers, portal_of
from server.booking.service_dossiers import keep_checking
from server.booking.service_gate import forget_networks
from server.booking.service_offers import keep_offering
from server.booking.service_person import forget_people
from server.booking.service_waiting import forget_waiting
from server.booking.timetable_api import TimetableController
from server.booking.waiting_api import WaitingController
from server.catalogue.api import CatalogueController
from server.db import Database, open_database
from server.db.doorbell import listen, watch
from server.db.sqlite import PooledSQLiteEngine
from server.devices.api import DeviceController
from server.journal.append import CHANNEL, on_news
from server.journal.frames import head_seq, read_frames
from server.journal.hub import Hub
from server.notify.api import MessageController
from server.notify.outbox import forget_old
from server.notify.push_api import PushController, TicketPushController, push_script
from server.notify.push_sender import push_key, push_of
from server.notify.senders import senders_of
from server.notify.service import Post
from server.notify.subscriptions import forget_subscriptions
from server.people.api import SessionController
from server.people.secrets import server_key
from server.queue.api import BoardController, DeskController, TicketController
from server.queue.days import keep_ending_days
from server.queue.forecasting import Forecaster
from server.queue.home import forget_holders
from server.queue.home_api import HomeController
from server.queue.reception_api import HeadController, ReceptionController
from server.rating.api import RatingController
from server.rating.service import forget_contacts
from server.settings import Settings
from server.tables import all_tables
from server.web.citizen import PAGES as CITIZEN_PAGES
from server.web.commands import forget_old_keys
from server.web.health import health
from server.web.incoming import IncomingGuard
from server.web.pages import PAGES
from server.web.problems import handlers
from server.web.render import STATIC
from server.web.sockets import office_feed, ticket_socket
from server.wire import encode

__all__ = ["create_app"]

log = logging.getLogger(__name__)

CSP = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "media-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    "manifest-src 'self'", "worker-src 'self'",
))  # fmt: skip

HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

MAX_BODY = 256 * 1024
SWEEP_EVERY = 3600.0


def create_app(settings: Settings) -> Litestar:
    """The server as one ASGI application. One per process: tables are bound to its database when it starts."""
    database = open_database(settings.database)
    post = Post({**senders_of(settings), **push_of(settings)}, settings.address)
    dossiers = Dossiers(portal_of(settings))

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with _running(app, database, post, dossiers):
            yield

    return Litestar(
        [
            CatalogueController, BoardController, AppointmentController, SlotController, WaitingController,
            PushController, TicketPushController,
            TicketController, HomeController, DeskController, ReceptionController, HeadController,
            MessageController, RatingController, CalendarController, DeviceController, SessionController,
            TimetableController,
            *PAGES, calendar_page, print_page, *CITIZEN_PAGES, push_script, office_feed, ticket_socket, health, openapi,
            create_static_files_router(
                path="/static", directories=[STATIC], include_in_schema=False,
                cache_control=None, after_request=_keep_static,
            ),
        ],
        lifespan=[lifespan],
        middleware=[IncomingGuard],
        exception_handlers=handlers,
        before_send=[_add_headers],
        request_max_body_size=MAX_BODY,
        # A phone's first page stays under 100 kB; fonts and sounds are compressed as they are.
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=6, minimum_size=1024,
            exclude=[r"\.(woff2|ogg|mp3|opus|wav|png|ico)$", "^/ws/"],
        ),
        openapi_config=OpenAPIConfig(
            title="Motcua", version=__version__, path="/api/openapi", render_plugins=[JsonRenderPlugin()]
        ),
        on_app_init=[_keep(settings, database)],
        logging_config=None,
    )  # fmt: skip


@get("/api/openapi.json", include_in_schema=False)
async def openapi(request: Request[object, object, State]) -> Response[bytes]:
    """The OpenAPI 3.1 document, made from the code."""
    return Response(encode(request.app.openapi_schema.to_schema()), media_type="application/json")


def _keep(settings: Settings, database: Database) -> Callable[[AppConfig], AppConfig]:
    def keep(config: AppConfig) -> AppConfig:
        config.state["settings"] = settings
        config.state["database"] = database
        config.state["ready"] = False
        return config

    return keep


async def _add_headers(message: Message, _scope: Scope) -> None:
    # Here, and not after a request: refusals and failures are answers too.
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)


async def _keep_static(response: Response[object]) -> Response[object]:
    # Addresses carry the content's hash (render.static_url), so what is there never changes.
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@asynccontextmanager
async def _running(app: Litestar, database: Database, post: Post, dossiers: Dossiers) -> AsyncIterator[None]:
    await database.start()
    try:
        database.bind(*all_tables())
        await database.migrate()
        await server_key()
        await push_key()
        hub = Hub(read_frames, head_seq)

        def publish(office: str, text: str) -> None:
            feed = hub.feed(office)
            if feed is not None:
                feed.publish_forecast(text)

        forecaster = Forecaster(publish)

        def news(office: str | None) -> None:
            hub.ring(office)
            forecaster.news_of(office)

        app.state.hub, app.state.forecaster, app.state.dossiers = hub, forecaster, dossiers
        forget = on_news(news)
        post.open()
        tasks = [
            asyncio.create_task(_doorbell(database, news), name="doorbell"),
            asyncio.create_task(_sweep(), name="sweep"),
            asyncio.create_task(keep_ending_days(), name="days"),
            asyncio.create_task(keep_offering(), name="offers"),
            asyncio.create_task(post.run(), name="post"),
            asyncio.create_task(keep_checking(dossiers), name="dossiers"),
        ]
        app.state.ready = True
        try:
            yield
        finally:
            app.state.ready = False
            forget()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await post.close()
            await dossiers.close()
            await forecaster.close()
            await hub.close()
    finally:
        await database.stop()


async def _doorbell(database: Database, news: Callable[[str | None], None]) -> None:
    """Hear what other processes have committed."""
    if not isinstance(database.engine, PooledSQLiteEngine):
        await listen(database.url, CHANNEL, news, lambda: news(None))
    else:
        await watch(database.engine.path, lambda: news(None))


async def _sweep() -> None:
    """Sweep up what nothing relies on any more, and what people told us when their visit is over."""
    while True:
        try:
            await forget_old_keys()
            await forget_people()
            await forget_networks()
            await forget_waiting()
            await forget_subscriptions()
            await forget_holders()
            await forget_contacts()
            await forget_old()
        except Exception as exc:
            log.warning("sweeping failed: %s", type(exc).__name__)
        await asyncio.sleep(SWEEP_EVERY)
