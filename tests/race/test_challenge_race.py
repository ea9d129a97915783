"""One solved challenge at several servers at once: it pays for one booking."""

import altcha

from tests.booking.small import everything, time
from tests.conftest import run_apart
from tests.race.booking import Crowd, all_at_once, open_office, rushed
from tests.race.test_race import place
from tests.server.support import house_of

__all__ = ["place"]

AT_ONCE = 12


async def test_a_solution_that_is_sent_to_every_server_pays_once(place: tuple[str, int]) -> None:
    """Twelve people send one solution for twelve times at the same moment: one books, the others are asked anew."""
    url, processes = place
    run_apart(open_office(url, challenge="always", challenge_difficulty=1000, bookable_share=1))
    answers: list[tuple[int, str]] = []

    async def act(crowd: Crowd) -> None:
        asked = await crowd.book(time(8, days=2), crowd.person())
        assert asked.status_code == 428
        challenge = altcha.Challenge.from_dict(asked.json()["challenge"])
        solution = altcha.solve_challenge(challenge)
        assert solution is not None
        paid = altcha.Payload(challenge, solution).to_base64()
        times = [time(8 + number // 4, number % 4 * 15, days=2) for number in range(AT_ONCE)]
        told = await all_at_once([crowd.book(each, crowd.person(), solution=paid) for each in times])
        answers.extend((answer.status_code, answer.json().get("type", "")) for answer in told)

    assert await rushed(url, processes, act) == []
    assert sorted(answers) == [(201, ""), *[(428, "urn:motcua:challenge-failed")] * (AT_ONCE - 1)]
    async with house_of(url):
        assert len(await everything()) == 1
