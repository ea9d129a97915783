"""Every knob of the server, read once: from the command line, the environment (`MOTCUA_…`), or its default."""

import os
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct

__all__ = ["LOOPBACK", "Settings"]

TELLING = ("smtp_url", "mail_from", "zalo_url", "zalo_token", "sms_url", "sms_token", "push_hosts")
PORTAL = ("dossier_check", "dossier_check_token")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(Struct, frozen=True, kw_only=True):
    """How one server process runs.

    `public_url` is what links and QR codes carry, and what decides about cookies; empty means the address served on.
    Seven say by which ways people are told of their bookings (`notify.senders`, `notify.push_sender`); empty means not
    by that one. The last two say who knows which dossiers there are (`booking.dossiers`); empty means that all that
    counts is their form.
    """

    database: str = "sqlite:///motcua.db"
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    allow_http: bool = False
    trust_proxy: bool = False
    smtp_url: str = ""
    mail_from: str = ""
    zalo_url: str = ""
    zalo_token: str = ""
    sms_url: str = ""
    sms_token: str = ""
    push_hosts: str = "fcm.googleapis.com updates.push.services.mozilla.com *.push.apple.com *.notify.windows.com"
    dossier_check: str = ""
    dossier_check_token: str = ""

    @classmethod
    def from_environment(cls, **given: object) -> Self:
        """The settings, those given (and not None) before those of the environment."""
        values: dict[str, object] = {}
        for name in ("database", "host", "public_url", *TELLING, *PORTAL):
            values[name] = os.environ.get(f"MOTCUA_{name.upper()}")
        port = os.environ.get("MOTCUA_PORT")
        if port is not None:
            if not port.isdecimal():
                raise ValueError(f"MOTCUA_PORT must be a number, not {port!r}")
            values["port"] = int(port)
        for name in ("allow_http", "trust_proxy"):
            values[name] = True if os.environ.get(f"MOTCUA_{name.upper()}", "") in ("1", "true", "yes") else None
        values |= {name: value for name, value in given.items() if value is not None}
        return cls(**{name: value for name, value in values.items() if value is not None})  # type: ignore[arg-type]

    @property
    def address(self) -> str:
        """The public address without a slash at its end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https, so that cookies can be Secure and host-bound."""
        return urlsplit(self.address).scheme == "https"

    @property
    def push_services(self) -> tuple[str, ...]:
        """The hosts whose word we take that a browser is behind them."""
        return tuple(self.push_hosts.lower().split())

    @property
    def may_push(self) -> bool:
        """Whether browsers would let our pages ask to be told: by https, or on this machine."""
        return bool(self.push_services) and (self.secure or urlsplit(self.address).hostname in LOOPBACK)

    @property
    def cookie(self) -> str:
        """The name of the cookie that staff and browser devices carry."""
        return "__Host-motcua" if self.secure else "motcua"

    @property
    def origins(self) -> frozenset[str]:
        """The origins that are our own."""
        parts = urlsplit(self.address)
        found = {f"{parts.scheme}://{parts.netloc}".lower()}
        if parts.hostname in LOOPBACK:
            port = f":{parts.port}" if parts.port else ""
            found |= {f"{parts.scheme}://{host}{port}" for host in ("localhost", "127.0.0.1", "[::1]")}
        return frozenset(found)

    def refuse_plain_http(self) -> None:
        """Raise ValueError where passwords would travel in clear beyond this machine and nobody said that they may."""
        beyond = urlsplit(self.address).hostname not in LOOPBACK or self.host not in LOOPBACK
        if beyond and not self.secure and not self.allow_http:
            raise ValueError("plain http beyond this machine needs --allow-http, or an https MOTCUA_PUBLIC_URL")
