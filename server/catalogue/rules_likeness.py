"""What somebody meant who typed it nearly right: a letter wrong, missing, twice or in the wrong place, or as it sounds.

A typed word stands for a word of the catalogue that sounds the same (y and i; and at the beginning tr and ch, x and s,
r, gi and d, l and n, which whole regions do not tell apart), or that begins with the same sound and is one typing error
away; two errors in words of more than six letters, none in words of fewer than three or with digits. Inside a word of
the catalogue it counts as an error, too. Spaces may be missing or too many. At most half of the words may be wrong, and
only what has the fewest errors counts.
"""

from collections.abc import Sequence

__all__ = ["distance", "heard", "nearest"]

SOUNDS = (("tr", "ch"), ("x", "s"), ("gi", "d"), ("r", "d"), ("l", "n"))
SHORTEST = 3
LONG = 6
JOINED = 6
"""So many letters without spaces are enough to be looked for without them."""
MOST_WORDS = 12
"""Beyond that it is no longer a search for something, and would cost a while."""


def nearest(texts: Sequence[str], words: str) -> list[int | None]:
    """Of folded texts, how many errors away from the folded words those are that come nearest; None for all others."""
    typed = words.split()
    if len(typed) > MOST_WORDS:
        return [None] * len(texts)
    split = [text.split() for text in texts]
    known = {word for text in split for word in text}
    likely = [_likely(word, known) for word in typed]
    joined = "".join(typed)
    costs = [_cost(text, likely) if likely else None for text in split]
    if len(joined) >= JOINED:
        costs = [0 if joined in text.replace(" ", "") else cost for text, cost in zip(texts, costs, strict=True)]
    best = min((cost for cost in costs if cost is not None), default=None)
    return [cost if cost is not None and cost == best else None for cost in costs]


def heard(word: str) -> str:
    """A folded word as it sounds to who does not tell certain letters apart."""
    for sign, like in SOUNDS:
        if word.startswith(sign) and len(word) > len(sign):
            word = like + word[len(sign) :]
            break
    return word.replace("y", "i")


def distance(one: str, other: str, limit: int) -> int | None:
    """How many letters are wrong, missing, too many or swapped with the next one; None where more than `limit`."""
    if abs(len(one) - len(other)) > limit:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, sign in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, sign_there in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (sign != sign_there))
            if i > 1 and j > 1 and sign == other[j - 2] and one[i - 2] == sign_there:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1] if row[-1] <= limit else None


def _likely(word: str, known: set[str]) -> dict[str, int]:
    """The words of the catalogue that a typed one may stand for, and how many errors that would be."""
    sound = heard(word)
    exact = len(word) < SHORTEST or any(sign.isdigit() for sign in word)
    limit = 0 if exact else 2 if len(word) > LONG else 1
    found: dict[str, int] = {}
    for other in known:
        if word in other:
            found[other] = 0 if other.startswith(word) else 1
            continue
        for one, its in ((word, other), (sound, heard(other))):
            errors = distance(one, its, limit) if one[0] == its[0] else None
            if errors is not None:
                found[other] = min(errors, found.get(other, errors))
    return found


def _cost(text: Sequence[str], likely: Sequence[dict[str, int]]) -> int | None:
    """The errors of all typed words together; None where one stands for no word of the text, or too many are wrong."""
    errors = []
    for words in likely:
        costs = [words[word] for word in text if word in words]
        if not costs:
            return None
        errors.append(min(costs))
    return sum(errors) if sum(map(bool, errors)) <= (len(errors) + 1) // 2 else None
