"""The county's offices, each as a table of what it knows. Everybody and everything here is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sample_government.tables import Asked, Form, Office, Question

PIN = "24680"  # every member of staff has this one, until an office sets another
NEAR = 2  # the first digits of a village's code are its ward


def _one(rows: dict[str, Any], key: str) -> Callable[[Asked], Any]:
    """Return an answer that finds one row by a name that was sent."""
    return lambda asked: rows.get(asked.get(key, "").upper())


def _near(rows: Iterable[tuple[str, dict[str, Any]]], name: str) -> Callable[[Asked], Any]:
    """Return an answer that lists the rows of the ward in which a village lies, under `name`."""
    return lambda asked: {name: [row for ward, row in rows if ward == asked.get("place", "")[:NEAR]]}


def _dated(**values: Any) -> dict[str, Any]:
    return {**values, "data_date": "2026-10-31"}


def _form(name: str, path: str, *fields: str, state: str = "open") -> Form:
    return Form(name, path, frozenset(fields), state)


CALL_BACK = _form("call_back", "/call-backs", "phone", "service", "screen")

# --- permits, bills, land ------------------------------------------------------------------------------------------

PERMITS = {
    "BP223184": {"business": "Amina's Kiosk", "state": "valid", "until": "2027-12-31", "fee_cents": 150_000},
    "BP223281": {"business": "Otieno Hardware", "state": "expired", "until": "2025-12-31", "fee_cents": 420_000},
    "BP223378": {"business": "Riverside Grill", "state": "suspended", "until": "2026-12-31", "fee_cents": 600_000},
}
BILLS = {
    "100000017": {"title": "Market stall 14, November", "owed_cents": 120_000, "due": "2026-12-15"},
    "100000025": {"title": "Business permit BP223281", "owed_cents": 420_000, "due": "2026-12-31"},
    "100000033": {"title": "Hall hire, 2 October", "owed_cents": 0, "due": "2026-10-02"},
}
PLOTS = {
    "MJ0123Y": {"owed_cents": 350_000, "paid_cents": 350_000, "paid_on": "2025-11-03", "receipt": "LR-25-00412"},
    "BN02077": {"owed_cents": 0, "paid_cents": 280_000, "paid_on": "2026-02-11", "receipt": "LR-26-00098"},
    "KL0044M": {"owed_cents": 910_000, "paid_cents": 0, "paid_on": None, "receipt": None},
}

# --- staff ---------------------------------------------------------------------------------------------------------

STAFF = {
    "4000014": {"has_pin": True, "gross_cents": 4_820_000, "net_cents": 3_633_000, "leave": 22},
    "4000022": {"has_pin": False, "gross_cents": 6_150_000, "net_cents": 4_410_500, "leave": 0},
}


def _payslip(asked: Asked) -> Any:
    """Return what somebody earned; a real office also looks at the phone that asks."""
    found = STAFF.get(asked.get("number", ""))
    if found is None or asked.get("pin") != PIN:
        return None
    return {**found, "month": "2026-10-31", "deductions_cents": found["gross_cents"] - found["net_cents"]}


# --- tenders, roads ------------------------------------------------------------------------------------------------


def _tender(number: str, kind: str, title: str, state: str, closes: str, **award: Any) -> dict[str, Any]:
    nothing = {"winner": None, "value_cents": None}
    return {
        "number": number,
        "kind": kind,
        "title": title,
        "state": state,
        "closes": closes,
        "desk": "Room 4, Mjini",
    } | (award or nothing)


TENDERS = {
    tender["number"]: tender
    for tender in (
        _tender("WTR01426", "works", "Borehole at Kalundu", "open", "2026-12-09"),
        _tender("RDS00326", "works", "Gravel for Maua road", "open", "2026-12-16"),
        _tender("EDU02026", "goods", "Desks for twelve schools", "open", "2026-12-04"),
        _tender("HLT00926", "goods", "Clinic refrigerators", "closed", "2026-11-13"),
        _tender(
            "RDS00126", "works", "Daraja Mbili bridge", "awarded", "2026-06-30",
            winner="Daraja Engineers", value_cents=240_000_000,
        ),
    )
}  # fmt: skip


def _open_tenders(asked: Asked) -> Any:
    wanted = asked.get("kind", "")
    return {"tenders": [row for row in TENDERS.values() if row["kind"] == wanted and row["state"] == "open"]}


ROADS = (
    ("02", _dated(code="R-021", name="Maua road, 6 km", stage="building", percent=50, ends="2027-03-31")),
    ("02", _dated(code="R-022", name="Kalundu footbridge", stage="halted", percent=15, ends="2026-12-31")),
    ("05", _dated(code="R-051", name="Mjini drains", stage="planned", percent=0, ends="2027-09-30")),
)

# --- families ------------------------------------------------------------------------------------------------------

PEOPLE = {
    "12345679": {"short_name": "Amina W."},
    "23456780": {"short_name": "Baraka O."},
    "34567897": {"short_name": "Chebet K."},
}
SLOTS = (
    ("02", {"slot": "KL-1208-09", "clinic": "Kalundu", "day": "2026-12-08"}),
    ("02", {"slot": "KL-1210-09", "clinic": "Kalundu", "day": "2026-12-10"}),
    ("05", {"slot": "MJ-1203-14", "clinic": "Mjini", "day": "2026-12-03"}),
)
SCHOOLS = (
    ("02", {"code": "S-0201", "name": "Kalundu Primary", "free_places": 12}),
    ("02", {"code": "S-0207", "name": "Maua Academy", "free_places": 3}),
    ("05", {"code": "S-0501", "name": "Mjini Primary", "free_places": 1}),
)

# --- the offices ---------------------------------------------------------------------------------------------------

COUNTY = (
    Office(
        "permits", "P",
        (Question("permit", "/{number}", _one(PERMITS, "number")),),
        (_form("renewal", "/renewals", "permit", "owner_id", "phone"),),
    ),
    Office(
        "treasury", "T",
        (Question("bill", "/bills/{number}", _one(BILLS, "number")),),
        (_form("payment", "/payments", "account", "amount_cents", "payer", state="asked"),),
    ),
    Office("lands", "L", (Question("rates", "/plots/{plot}", _one(PLOTS, "plot")),), (CALL_BACK,)),
    Office(
        "payroll", "H",
        (Question("staff", "/staff", _one(STAFF, "number"), "POST"), Question("payslip", "/payslip", _payslip, "POST")),
        (
            _form("new_pin", "/pins", "number", "phone", "pin", state="set"),
            _form("leave", "/leave", "number", "first_day", "days", state="asked"),
            CALL_BACK,
        ),
    ),
    Office(
        "procurement", "Z",
        (
            Question("open_tenders", "/tenders", _open_tenders),
            Question("tender", "/tenders/{number}", _one(TENDERS, "number")),
        ),
    ),
    Office(
        "roads", "R",
        (Question("near", "/near", _near(ROADS, "works")),),
        (_form("report", "/reports", "work", "seen", "remark"),),
    ),
    Office(
        "civil-registry", "C",
        (Question("person", "/people/{id_number}", _one(PEOPLE, "id_number")),),
        (_form("birth", "/births", "parent_id", "day", "sex", "place", state="noted"),),
    ),
    Office(
        "clinics", "V",
        (Question("free_days", "/free-days", _near(SLOTS, "slots")),),
        (_form("booking", "/bookings", "slot", "born", state="booked"), CALL_BACK),
    ),
    Office(
        "schools", "S",
        (Question("near", "/near", _near(SCHOOLS, "schools")),),
        (_form("place", "/places", "school", "grade", "child", "parent_id", state="asked"),),
    ),
    Office("complaints", "M", (), (_form("complaint", "/complaints", "about", "story", "contact"),)),
    Office("emergency", "E", (), (_form("alarm", "/alarms", "what", "place", "phone"), CALL_BACK)),
)  # fmt: skip
