"""Fees: what is asked for on a day, on which decision it rests, and what is known to come."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.rules import ANY_OFFICE, Procedure
from server.catalogue.rules_fees import Charge, Fee, charge_on, next_charge

COPY = Procedure(
    office=ANY_OFFICE, code="2.000815", name_vi="Chứng thực bản sao", name_en="", field_vi="Chứng thực", line="A",
    minutes=None, statutory_days=0, promised_days=None, fee_in_person_vnd=1000, fee_online_vnd=0,
    required_documents=(), short_info_vi="", folded="",
)  # fmt: skip
NEW_YEAR = date(2027, 1, 1)


def fee(begin: date | None = None, end: date | None = None, amount: int | None = 2000, **more: object) -> Fee:
    given = {"office": ANY_OFFICE, "code": COPY.code, "online_vnd": None, "decision": "Nghị quyết 1", **more}
    return Fee(valid_from=begin, valid_until=end, in_person_vnd=amount, **given)  # type: ignore[arg-type]


def test_without_a_decision_the_procedures_own_amounts_hold() -> None:
    """A fee that rests on no decision we know of is shown without one."""
    other = fee(code="1.001193")
    assert charge_on(COPY, [other], NEW_YEAR) == Charge(1000, 0)


def test_a_decision_holds_on_its_first_and_last_day_and_no_other() -> None:
    """Both days are included; where it says nothing of an amount the procedure's own holds."""
    decision = fee(NEW_YEAR, date(2027, 12, 31))
    days = [NEW_YEAR - timedelta(1), NEW_YEAR, date(2027, 12, 31), date(2028, 1, 1)]
    assert [charge_on(COPY, [decision], day).in_person for day in days] == [1000, 2000, 2000, 1000]
    assert charge_on(COPY, [decision], NEW_YEAR) == Charge(2000, 0, "Nghị quyết 1")


def test_an_offices_own_decision_goes_before_a_general_one_and_the_newest_before_older_ones() -> None:
    """What was decided here holds here; a new decision need not end the old one's row."""
    old, new = fee(date(2020, 1, 1)), fee(NEW_YEAR, amount=3000, decision="Nghị quyết 2")
    own = fee(date(2019, 1, 1), amount=0, office="bo-de", decision="Nghị quyết 3")
    assert charge_on(COPY, [new, old], NEW_YEAR).decision == "Nghị quyết 2"
    assert charge_on(COPY, [new, old], NEW_YEAR - timedelta(1)).decision == "Nghị quyết 1"
    assert charge_on(COPY, [new, own, old], NEW_YEAR) == Charge(0, 0, "Nghị quyết 3")


def test_what_is_to_come_is_told_ahead() -> None:
    """The next day on which other amounts hold, the end of a decision included; not one that says the same."""
    same, dearer = fee(date(2026, 6, 1), amount=1000), fee(NEW_YEAR, date(2027, 6, 30), amount=3000)
    today = date(2026, 5, 1)
    assert next_charge(COPY, [same, dearer], today) == (NEW_YEAR, Charge(3000, 0, "Nghị quyết 1"))
    assert next_charge(COPY, [same, dearer], NEW_YEAR) == (date(2027, 7, 1), Charge(1000, 0, "Nghị quyết 1"))
    assert next_charge(COPY, [same, dearer], date(2027, 7, 1)) is None


DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 20))
FEES = st.lists(
    st.builds(
        fee, st.none() | DAYS, st.none() | DAYS, st.sampled_from([None, 0, 1000, 2000]),
        office=st.sampled_from([ANY_OFFICE, "bo-de"]),
    ),
    max_size=5,
)  # fmt: skip


@given(fees=FEES, day=DAYS)
def test_until_the_next_change_nothing_changes(fees: list[Fee], day: date) -> None:
    """Up to the change that is told every day has this day's amounts, and the change brings others."""
    now, change = charge_on(COPY, fees, day), next_charge(COPY, fees, day)
    last = change[0] if change else date(2026, 2, 1)
    while (day := day + timedelta(1)) < last:
        assert charge_on(COPY, fees, day).in_person == now.in_person
    if change:
        assert change[1] == charge_on(COPY, fees, change[0])
        assert change[1].in_person != now.in_person
