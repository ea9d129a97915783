"""The agent follows through every trouble, loses nothing, and does not wear out a server that has trouble."""

import asyncio
import json
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from display.rules import Backoff
from tests.display.agents import agent, closed, seqs
from tests.display.hall import Hall, board_of


async def test_pages_get_board_and_frames_as_the_server_gives_them(tmp_path: Path) -> None:
    """The relayed frames are the server's own, and its board is the one they lead to."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall:
        await wall.until(lambda: wall.follower.connected)
        hall.issue("A001", "A002")
        async with wall.page(since=0) as page:
            assert await seqs(page, 2) == [1, 2]
            hall.call("A001", 3)
            assert json.loads(await page.recv()) == json.loads(hall.journal[-1])
        board = await wall.board()
        assert board["seq"] == 3
        assert [(call["ticket"]["label"], call["counter"]["number"]) for call in board["state"]["calls"]] == [
            ("A001", 3)
        ]
        assert board["state"]["lines"][0] == {"code": "A", "waiting": 1}
        assert board["office"]["name"] == "Phường Bồ Đề"


async def test_forecasts_are_relayed(tmp_path: Path) -> None:
    """A forecast reaches the page and the board, though it has no number."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall:
        await wall.until(lambda: wall.follower.connected)
        await hall.until(lambda: hall.open)
        async with wall.page(since=0) as page:
            assert json.loads(await page.recv()) == {"heartbeat": 0}
            forecast = {"forecast": {"A": {"p50": 5, "p90": 15}}, "asOf": 0}
            await hall.send(json.dumps(forecast))
            while (said := json.loads(await page.recv())) == {"heartbeat": 0}:
                pass
            assert said == forecast
        assert (await wall.board())["forecast"] == forecast["forecast"]


async def test_restart_of_the_server_loses_nothing(tmp_path: Path) -> None:
    """After a restart the agent goes on from its own number; pages see every frame once, in order."""
    hall = Hall(board_of())
    async with hall.served() as server:
        running = agent(server, tmp_path)
        wall = await running.__aenter__()
        await wall.until(lambda: wall.follower.connected)
        page = await wall.page(since=0)
        hall.issue("A001")
        assert await seqs(page, 1) == [1]
        asked = hall.asked
    hall.issue("A002", "A003")
    async with hall.served():
        assert await seqs(page, 3) == [2, 3]
        assert hall.asked == asked
        await page.close()
        await running.__aexit__(None, None, None)


async def test_a_lost_frame_is_asked_for(tmp_path: Path) -> None:
    """Where the sequence jumps, the agent connects again from what it has."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall, wall.page(since=0) as page:
        await wall.until(lambda: wall.follower.connected)
        await hall.until(lambda: hall.open)
        hall.skip = 1
        hall.issue("A001", "A002", "A003")
        assert await seqs(page, 3) == [1, 2, 3]
        assert hall.asked == 1


async def test_a_restored_backup_replaces_the_board(tmp_path: Path) -> None:
    """4410: the agent takes a fresh board, though its number is lower, and tells pages to do the same."""
    hall = Hall(board_of(seq=50))
    async with hall.served() as server, agent(server, tmp_path) as wall, wall.page(since=50) as page:
        await wall.until(lambda: wall.follower.connected)
        await hall.until(lambda: hall.open)
        hall.restore(board_of(seq=20))
        await hall.drop(1012)
        assert await closed(page) == 4410
        assert (await wall.board())["seq"] == 20
        hall.issue("A001")
        async with wall.page(since=20) as again:
            assert await seqs(again, 21) == [21]


async def test_a_silent_server_is_given_up(tmp_path: Path) -> None:
    """A connection over which nothing comes is replaced; a page hears no sign of life meanwhile."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path, silence=0.05) as wall:
        hall.mute = True
        await hall.until(lambda: hall.connections >= 3)
        assert not wall.follower.connected
        hall.mute = False
        hall.issue("A001")
        async with wall.page(since=0) as page:
            assert await seqs(page, 1) == [1]


async def test_a_server_that_slams_the_door_is_asked_ever_more_slowly(tmp_path: Path) -> None:
    """Accepted and closed at once, again and again: the pauses grow to five seconds, as after any other failure."""
    hall, pauses = Hall(board_of()), list[float]()

    async def counted(pause: float) -> None:
        pauses.append(pause)
        await asyncio.sleep(0)

    hall.slam = 1011
    async with hall.served() as server, agent(server, tmp_path, sleep=counted):
        await hall.until(lambda: hall.connections >= 12)
    assert all(0.25 <= pause <= 0.5 for pause in pauses[:1])
    assert all(2.5 <= pause <= 5 for pause in pauses[4:12])


def test_pauses_grow_shrink_after_a_good_connection_and_are_long_for_the_refused() -> None:
    """Half a second doubling to five; back to half after ten good seconds; half a minute where we are turned away."""
    backoff = Backoff()
    assert [backoff.pause(0, 1) for _ in range(6)] == [0.5, 1, 2, 4, 5, 5]
    assert backoff.pause(0, 0) == 2.5
    assert backoff.pause(11, 1) == 0.5
    assert backoff.pause(0, 1, refused=True) == 30


async def test_a_refused_token_is_told_to_the_page_and_tried_again(tmp_path: Path) -> None:
    """A revoked device shows it on the wall, keeps its last board, and works again once it is allowed."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall:
        await wall.until(lambda: wall.follower.connected)
        hall.identity = None
        hall.slam = 4401
        await hall.drop(4401)
        await wall.until(lambda: wall.follower.refused == 4401)
        async with wall.page(since=0) as page:
            assert await closed(page) == 4401
        assert (await wall.http.get("/api/health")).json()["refused"] == 4401
        hall.identity = {"office": "bo-de", "kind": "display", "name": "Bảng 1", "counter": None}
        hall.slam = None
        await wall.until(lambda: wall.follower.refused is None)
        hall.issue("A001")
        async with wall.page(since=0) as page:
            assert await seqs(page, 1) == [1]


async def test_restarted_without_a_server_it_shows_the_last_board_and_says_how_old(tmp_path: Path) -> None:
    """The board is kept on disk; the page learns its age, and hears no sign of life."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall:
        hall.issue("A001")
        await wall.until(lambda: wall.follower.board and wall.follower.board.seq == 1)
    async with agent(server, tmp_path) as wall:
        answer = await wall.http.get("/api/offices/bo-de/board")
        assert answer.json()["seq"] == 1
        assert int(answer.headers["Age"]) >= 0
        start = await wall.http.get("/?lang=en")
        assert (start.status_code, start.headers["Location"]) == (302, "/wall/bo-de?lang=en")
        page = await wall.http.get("/wall/bo-de")
        assert "Phường Bồ Đề" in page.text
        assert (await wall.http.get("/api/health")).json()["status"] == "server-lost"
        async with wall.page(since=1) as feed:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await feed.recv()


async def test_first_start_without_a_server_waits_and_goes_on_by_itself(tmp_path: Path) -> None:
    """A wall PC switched on before the server shows that it waits, then the wall; nobody touches it."""
    hall = Hall(board_of())
    async with hall.served() as server:
        pass
    async with agent(server, tmp_path) as wall:
        waiting = await wall.http.get("/")
        assert waiting.status_code == 200
        assert 'http-equiv="refresh"' in waiting.text
        assert (await wall.http.get("/api/offices/bo-de/board")).status_code == 503
        async with hall.served():
            await wall.until(lambda: wall.follower.connected)
            assert (await wall.http.get("/")).headers["Location"] == "/wall/bo-de"


async def test_a_spoilt_file_is_no_board(tmp_path: Path) -> None:
    """What a power cut left half written is passed over."""
    (tmp_path / "board.json").write_text('{"identity": {"off')
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall:
        await wall.until(lambda: wall.follower.connected)
        assert (await wall.board())["seq"] == 0


async def test_moved_to_another_office_it_forgets_the_old_board(tmp_path: Path) -> None:
    """The token says whose wall this is; a device that moved must not show calls of where it was."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall:
        await wall.until(lambda: wall.follower.connected)
        hall.identity = {"office": "viet-hung", "kind": "display", "name": "Bảng 1", "counter": None}
        hall.slam = 4404
        await hall.drop(4404)
        await wall.until(lambda: wall.follower.identity and wall.follower.identity.office == "viet-hung")
        assert (await wall.http.get("/wall/bo-de")).headers["Location"] == "/"
        assert (await wall.http.get("/api/offices/bo-de/board")).status_code == 404


async def test_it_reports_to_the_server(tmp_path: Path) -> None:
    """The office sees that the wall is alive and what time it believes it is."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path):
        await hall.until(lambda: hall.reports)
    assert hall.reports[0]["printer"] == "unknown"
    assert hall.reports[0]["clock"].endswith("Z")


async def test_only_by_its_own_name(tmp_path: Path) -> None:
    """Another host name, or another site's page, gets nothing, not even the feed."""
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path) as wall:
        await wall.until(lambda: wall.follower.connected)
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            assert (await wall.http.get("/api/health", headers=headers)).status_code == 421
        with pytest.raises(InvalidStatus):
            async with wall.page(since=0, origin="https://evil.example"):
                pass
        async with wall.page(since=0, origin=f"http://127.0.0.1:{wall.port}") as page:
            assert json.loads(await page.recv()) == {"heartbeat": 0}


async def test_clips_and_files_are_served_and_nothing_else(tmp_path: Path) -> None:
    """An office's own clips come from its folder, the rest from ours; no path leads out."""
    own = tmp_path / "voice"
    own.mkdir()
    (own / "0.mp3").write_bytes(b"our zero")
    (tmp_path / "secret.wav").write_bytes(b"secret")
    hall = Hall(board_of())
    async with hall.served() as server, agent(server, tmp_path, voice=own) as wall:
        clips = (await wall.http.get("/voice/voice.json")).json()["clips"]
        assert (await wall.http.get(f"/voice/{clips['0']['file']}")).content == b"our zero"
        assert (await wall.http.get(f"/voice/{clips['1']['file']}")).content[:4] == b"RIFF"
        for path in ("/voice/secret.wav", "/voice/..%2Fsecret.wav", "/voice/0.wav", "/static/../../secret.wav"):
            assert (await wall.http.get(path)).status_code == 404, path
