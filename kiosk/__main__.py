"""`motcua-kiosk`: the agent as a command."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import uvicorn

from kiosk.agent import Agent
from kiosk.app import create_app
from kiosk.client import Server
from kiosk.layout import WIDTHS
from kiosk.outbox import Outbox, OutboxInUse
from kiosk.printer import BadPrinter, Printer, open_printer
from kiosk.slip import sample_slip
from server.clock import now
from server.codes import token_hash

__all__ = ["main"]

HOST = "127.0.0.1"
GRACE = 2  # seconds that open requests get at the end


class _Uvicorn(uvicorn.Server):
    """Leaves signals to us: our streams must end first, and the exit code is 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says the address once it answers there."""
        await super().startup(sockets)
        for listener in sockets or []:
            click.echo(f"motcua-kiosk: http://{HOST}:{listener.getsockname()[1]}")


@click.command(context_settings={"auto_envvar_prefix": "MOTCUA_KIOSK", "help_option_names": ["-h", "--help"]})
@click.option("--server", required=True, metavar="URL", help="The Motcua server, for example http://192.0.2.10:8000.")
@click.option(
    "--token-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the token that `motcua device add kiosk` printed.",
)
@click.option(
    "--printer",
    metavar="PRINTER",
    help="usb:VENDOR:PRODUCT, tcp:HOST[:PORT], serial:DEVICE, file:PATH, or paper:FOLDER for pictures. "
    "Without it numbers are shown on the screen alone.",
)
@click.option("--port", default=8701, show_default=True, type=click.IntRange(0, 65535), help="Port of the screen.")
@click.option(
    "--width",
    default=WIDTHS[80],
    show_default=True,
    type=click.IntRange(320, 832),
    help="Dots across the print head: 576 for 80 mm paper, 384 for 58 mm.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what must survive a power cut; ~/.local/state/motcua-kiosk otherwise.",
)
@click.option("--sample", is_flag=True, help="Print a test slip, say how the printer is, and end.")
@click.option("--verbose", is_flag=True, help="Say more on stderr.")
def main(
    server: str,
    token_file: Path,
    printer: str | None,
    port: int,
    width: int,
    data: Path | None,
    sample: bool,
    verbose: bool,
) -> None:
    """The agent beside the ticket printer: serves the touch screen on this PC, prints, works on without a server."""
    # before anything imports escpos, which would set up logging its own way
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for chatty in ("httpx", "httpcore", "escpos"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # httpx would log addresses with follow tokens in them
    address = urlsplit(server)
    if address.scheme not in ("http", "https") or not address.netloc:
        raise click.BadParameter("expected http://… or https://…", param_hint="--server")
    token = token_file.read_text(encoding="utf-8").strip()
    if not token or not token.isascii() or any(sign.isspace() for sign in token):
        raise click.BadParameter("the file must hold one token", param_hint="--token-file")
    folder = data or Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "motcua-kiosk"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be used: {error.strerror}") from None
    try:
        device = open_printer(printer, width, folder)
    except BadPrinter as error:
        raise click.BadParameter(str(error), param_hint="--printer") from None
    if sample:
        _print_sample(device, server)
        return
    # a file per server: tickets of one must never be handed in to another
    file = folder / f"outbox-{token_hash(server.rstrip('/'))[:8]}.sqlite3"
    try:
        outbox = Outbox(file)
    except OutboxInUse:
        raise click.ClickException(f"another kiosk is running in {folder}: give this one its own --data") from None
    except sqlite3.Error as error:
        # not set aside by itself: it may hold tickets, and starting anew could give today's offline numbers again
        raise click.ClickException(f"{file} cannot be read ({error}): move it away and keep it") from None
    try:
        _serve(server, token, device, outbox, port)
    finally:
        outbox.close()


def _print_sample(device: Printer, server: str) -> None:
    health = device.print(sample_slip(server, now()))
    click.echo(f"printer: {health.printer}, paper: {health.paper}{', ' if health.detail else ''}{health.detail}")
    if health.printer != "ok":
        raise SystemExit(1)


def _serve(server: str, token: str, device: Printer, outbox: Outbox, port: int) -> None:
    # named TCP, or asyncio leaves Nagle's algorithm on and answers wait 40 ms
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        if os.name == "posix":  # elsewhere this option would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise click.ClickException(f"port {port} is taken ({error.strerror}): choose another with --port") from None
        listener.listen(64)
        asyncio.run(_run(server, token, device, outbox, listener))


async def _run(server: str, token: str, device: Printer, outbox: Outbox, listener: socket.socket) -> None:
    port = int(listener.getsockname()[1])
    agent = Agent(Server(server, token), outbox, device)
    web = _Uvicorn(
        uvicorn.Config(
            create_app(agent, port),
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=30,
        )
    )

    def stop() -> None:
        agent.hang_up()
        web.should_exit = True

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(name, stop)
    await web.serve(sockets=[listener])
    if not web.started:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
