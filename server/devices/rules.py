"""Which numbers a kiosk may give when it is alone."""

__all__ = ["OFFLINE_NUMBERS", "offline_range"]

OFFLINE_NUMBERS = 200
"""How many numbers a kiosk may give on one line on one day without the server."""


def offline_range(last_number: int, place: int) -> tuple[int, int]:
    """A kiosk's own numbers on a line, first and last: above the line's last number, and apart from other kiosks'.

    They begin at a round hundred, so that 1001 is easily told from 001.
    """
    start = (last_number // 1000 + 1) * 1000 + place * OFFLINE_NUMBERS
    return start + 1, start + OFFLINE_NUMBERS
