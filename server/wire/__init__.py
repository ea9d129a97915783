"""Every body and message that crosses a wire, as CONTRACT.md names them.

Kiosk and display import this and nothing else of the server's features, so it imports only leaves and starts fast.
Bodies that come in refuse unknown fields; bodies that go out may grow.
"""

from server.wire.base import *  # noqa: F403
from server.wire.board import *  # noqa: F403
from server.wire.booking import *  # noqa: F403
from server.wire.calendar import *  # noqa: F403
from server.wire.desk import *  # noqa: F403
from server.wire.devices import *  # noqa: F403
from server.wire.hall import *  # noqa: F403
from server.wire.offices import *  # noqa: F403
from server.wire.reception import *  # noqa: F403
from server.wire.ticket import *  # noqa: F403
from server.wire.timetable import *  # noqa: F403
from server.wire.waiting import *  # noqa: F403
