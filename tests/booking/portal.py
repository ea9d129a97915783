"""A small portal: it knows some dossiers, and misbehaves when told to.

It is also the worked example of docs/how-to/dossiers.md.
"""

import json
from typing import Any

from tests.stand_ins.http import HttpService, Request, Response

__all__ = ["PortalServer"]


class PortalServer(HttpService):
    """`known` are the numbers it has."""

    PATH = "/dossiers"

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()

    def answer(self, request: Request) -> Response:
        """`{"office": "bo-de", "number": "H26.10-261121-0042"}` is answered with `{"known": true}`, or false."""
        question = json.loads(request.body)
        return Response(200, json.dumps({"known": question["number"] in self.known}).encode())

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The questions so far."""
        return [json.loads(request.body) for request in self.requests]
