"""Make `server/packs/long-bien` from the collected data (offices, procedures, holidays, service times, names).

    python docs/data/make_pack.py FOLDER_OF_THE_DATA server/packs/long-bien

What is real and what is made up stands in the README beside the pack. Running it again gives the same files.
"""

import csv
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

Table = list[dict[str, str]]

WARDS = {"00145": "long-bien", "00118": "bo-de", "00127": "viet-hung", "00136": "phuc-loi"}
MERGED_EARLY = {"00142": "2024-12-31"}  # Sài Đồng had gone into Phúc Đồng half a year before the others ended
OLD_DISTRICT = "004"
CERTIFICATION_FEES, CERTIFICATION_SINCE = "Thông tư 226/2016/TT-BTC", "2017-01-01"

# Line: kind, the groups of the data it takes in, name, name in English. No two letters are taken for one another.
LINES: dict[str, tuple[str, Sequence[str], str, str]] = {
    "A": ("procedures", ["CT"], "Chứng thực", "Certification"),
    "H": ("procedures", ["HT", "CA"], "Hộ tịch – Cư trú", "Civil status and residence"),
    "L": ("procedures", ["DD", "NN"], "Đất đai – Môi trường", "Land and environment"),
    "X": ("procedures", ["XD"], "Xây dựng – Đô thị", "Construction and urban affairs"),
    "K": ("procedures", ["KD"], "Kinh doanh – Công thương", "Business and trade"),
    "S": ("procedures", ["XH", "VX"], "Xã hội – Văn hóa – Giáo dục", "Social affairs, culture, education"),
    "T": ("results", ["TKQ"], "Trả kết quả", "Result hand-over"),
    "G": ("guidance", ["HD", "TD"], "Hỏi, nhờ hướng dẫn", "Ask for guidance"),
}
COUNTERS = {1: "A;T", 2: "A;H;T", 3: "H;S", 4: "L;X;K", 5: "S;K;G", 6: "T;G;A"}
SKILLS = {1: "A;T", 2: "A;H;T", 3: "H;S;A", 4: "L;X;K", 5: "S;K;G", 6: "T;G;A"}
OTHERS = ("reception", "head", "administrator", "auditor")
DAY = [("08:00", "12:00"), ("13:30", "17:00")]
GROUPS = {
    "elderly75": "3", "disability": "3", "pregnant": "3", "infant": "3", "meritorious": "3", "emergency": "6",
}  # fmt: skip


def main(source: Path, target: Path) -> None:
    """Write every file of the pack."""
    target.mkdir(parents=True, exist_ok=True)
    procedures = _read(source / "procedures.csv")
    _write(target / "offices.csv", _offices(_read(source / "offices.csv"), _read(source / "offices_2024.csv")))
    _write(target / "lines.csv", _lines(procedures, _read(source / "service_times.csv")))
    _write(target / "counters.csv", _counters())
    officers = list(_officers(_read(source / "names.csv")))
    _write(target / "officers.csv", officers)
    _write(target / "hours.csv", _hours())
    _write(target / "shifts.csv", _shifts(officers))
    _write(target / "closures.csv", _closures(_read(source / "holidays.csv")))
    _write(target / "procedures.csv", _procedures(procedures))
    _write(target / "fees.csv", _fees(procedures))
    _write(target / "priority_groups.csv", _groups(_read(source / "phrases.csv")))
    _write(target / "settings.csv", [{"office": "*", "key": "online_filers_only", "value": "true"}])


def _offices(today: Table, before: Table) -> Iterable[dict[str, str]]:
    for row in before:
        place = row["name_vi"]
        district = row["code"] == OLD_DISTRICT
        yield {
            "code": "long-bien-quan" if district else f"{_ascii(place.removeprefix('Phường '))}-2024",
            "national_code": row["code"],
            "name_vi": f"Bộ phận một cửa {_lower(place)}",
            "name_en": f"{_bare(place)} {'district' if district else 'ward'} one-stop shop (until 2025)",
            "parent": "" if district else "long-bien-quan",
            "address": f"{place}, Hà Nội",
            "timezone": "Asia/Ho_Chi_Minh",
            "valid_from": "",
            "valid_until": MERGED_EARLY.get(row["code"], "2025-06-30"),
        }
    names = {row["code"]: row["name_vi"] for row in today}
    for national, code in WARDS.items():
        place = names[national]
        yield {
            "code": code,
            "national_code": national,
            "name_vi": place,
            "name_en": f"{_bare(place)} ward",
            "parent": "",
            "address": f"{place}, Hà Nội",
            "timezone": "Asia/Ho_Chi_Minh",
            "valid_from": "2025-07-01",
            "valid_until": "",
        }


def _lines(procedures: Table, times: Table) -> Iterable[dict[str, str]]:
    usual = {row["service_line"]: row for row in times if row["site"] == "ward"}
    for office in WARDS.values():
        for code, (kind, groups, name_vi, name_en) in LINES.items():
            mean, spread = _pooled([usual[group] for group in groups])
            fields = sorted({row["field_vi"] for row in procedures if row["service_line"] in groups})
            yield {
                "office": office,
                "code": code,
                "prefix": code,
                "kind": kind,
                "name_vi": name_vi,
                "name_en": name_en,
                "expected_minutes": f"{mean:.1f}",
                "spread": f"{spread:.2f}",
                "first_number": "1",
                "last_number": "999",
                "fields": "; ".join(fields),
            }


def _pooled(rows: Sequence[dict[str, str]]) -> tuple[float, float]:
    """Mean and coefficient of variation of several kinds of visit together, each by its share of the tickets."""
    total = sum(float(row["share"]) for row in rows)
    mean = square = 0.0
    for row in rows:
        part, minutes, spread = float(row["share"]) / total, float(row["mean_minutes"]), float(row["cv"])
        mean += part * minutes
        square += part * minutes**2 * (1 + spread**2)
    return mean, math.sqrt(square - mean**2) / mean


def _counters() -> Iterable[dict[str, str]]:
    for office in WARDS.values():
        for number, lines in COUNTERS.items():
            name = {"name_vi": f"Quầy {number}", "name_en": f"Counter {number}"}
            yield {"office": office, "number": str(number), **name, "lines": lines}


def _officers(names: Table) -> Iterable[dict[str, str]]:
    usable = iter([row for row in names if not row["note"] and 1970 <= int(row["birth_year"]) <= 1998])
    for office in WARDS.values():
        taken: set[str] = set()
        jobs = [("officer", lines) for lines in SKILLS.values()] + [(role, "") for role in OTHERS]
        for role, lines in jobs:
            person = next(row for row in usable if _given(row) not in taken)
            taken.add(_given(person))
            username = f"{_given(person)}.{office.replace('-', '')}"
            yield {
                "office": office,
                "username": username,
                "full_name": person["full_name"],
                "role": role,
                "lines": "A;H;L;X;K;S;T;G" if role == "reception" else lines,
            }


def _given(person: dict[str, str]) -> str:
    return person["full_name_ascii"].split()[-1].lower()


def _hours() -> Iterable[dict[str, str]]:
    for office in WARDS.values():
        for opens, closes in DAY:
            yield {"office": office, "weekdays": "1-5", "opens": opens, "closes": closes}


def _shifts(officers: Table) -> Iterable[dict[str, str]]:
    for office in WARDS.values():
        seated = [row for row in officers if row["office"] == office and row["role"] == "officer"]
        for counter, officer in enumerate(seated, start=1):
            for starts, ends in DAY:
                yield {
                    "office": office,
                    "username": officer["username"],
                    "counter": str(counter),
                    "weekdays": "1-5",
                    "starts": starts,
                    "ends": ends,
                }


def _closures(holidays: Table) -> Iterable[dict[str, str]]:
    for row in holidays:
        for opens, closes in DAY if row["kind"] == "working_day" else [("", "")]:
            yield {
                "office": "*",
                "date": row["date"],
                "until": "",
                "opens": opens,
                "closes": closes,
                "name_vi": row["name_vi"],
                "name_en": row["name_en"],
            }


def _procedures(rows: Table) -> Iterable[dict[str, str]]:
    for row in rows:
        yield {
            "code": row["code"],
            "name_vi": row["name_vi"],
            "field_vi": row["field_vi"],
            "office": "*",
            "statutory_days": row["statutory_days"],
            "fee_in_person_vnd": row["fee_in_person_vnd"],
            "fee_online_vnd": "0",
            "required_documents": row["required_documents"],
            "short_info_vi": row["short_info_vi"],
        }


def _fees(rows: Table) -> Iterable[dict[str, str]]:
    """The fees of certification, the only ones of the list whose decision is known to us."""
    for row in rows:
        if row["field_vi"] == "Chứng thực" and row["fee_in_person_vnd"] not in ("", "0"):
            yield {
                "code": row["code"],
                "office": "*",
                "valid_from": CERTIFICATION_SINCE,
                "valid_until": "",
                "in_person_vnd": row["fee_in_person_vnd"],
                "online_vnd": "",
                "decision": CERTIFICATION_FEES,
            }


def _groups(phrases: Table) -> Iterable[dict[str, str]]:
    said = {row["key"]: row for row in phrases}
    for code, rate in GROUPS.items():
        name = said[f"priority.{code}"]
        yield {"office": "*", "code": code, "name_vi": name["vi"], "name_en": name["en"], "rate": rate}


def _bare(place: str) -> str:
    return place.split(" ", 1)[1]


def _lower(place: str) -> str:
    return place[0].lower() + place[1:]


def _ascii(name: str) -> str:
    from server.catalogue.rules import fold

    return fold(name).replace(" ", "-")


def _read(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Iterable[dict[str, str]]) -> None:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
