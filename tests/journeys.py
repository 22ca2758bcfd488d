"""Walks through every sample menu, from its short code to an end, with offices that answer."""

from __future__ import annotations

# What is typed, screen by screen, after *384*70#; together they show every screen that asks something.
JOURNEYS: dict[str, tuple[str, ...]] = {
    "water fault": ("1", "1", "Kalundu", "12345678", "1"),
    "water fault, changed": ("1", "3", "Kibera", "0", "2", "2", "99", "0", "1"),
    "tax compliance": ("2", "A000000000Y", "1234"),
    "public project": ("3", "1001", "1"),
    "completed project": ("3", "1002", "1"),
    "planned project": ("3", "1003", "1"),
    "cancelled project": ("3", "1004", "1"),
    "project in use": ("3", "1005", "1"),
    "my requests": ("4", "1"),
    "language": ("5", "5", "2"),
    "charter": ("5", "4", "3", "98", "1"),
    "bill": ("5", "1", "1", "100000017", "1", "2", "0700000005", "1"),
    "bill in part": ("5", "1", "1", "100000017", "2", "5000", "1", "500", "1"),
    "tax balance": ("5", "1", "2", "A000000001X", "1234", "1", "1"),
    "land rates": ("5", "1", "3", "MJ0123Y", "1"),
    "permit": ("5", "2", "1", "BP223281", "1", "12345679", "1"),
    "open tenders": ("5", "2", "2", "1", "1", "1"),
    "awarded tender": ("5", "2", "2", "4", "RDS00126", "1"),
    "road works": ("5", "2", "3", "Kalundu", "1", "3", "Potholes", "1"),
    "leave": ("5", "2", "4", "4000014", "24680", "1", "1", "2", "tomorrow", "5", "1"),
    "too much leave": ("5", "2", "4", "4000014", "24680", "2", "tomorrow", "50", "1", "0"),
    "new PIN": ("5", "2", "4", "4000022", "13579", "13579", "1"),
    "birth": ("5", "3", "1", "1", "12345679", "today", "1", "Neema", "Kalundu", "1"),
    "birth in French": ("5", "3", "1", "3", "3", "2", "98", "1"),
    "vaccination": ("5", "3", "2", "1", "yesterday", "97", "Kalundu", "1", "1"),
    "vaccination in Amharic": ("5", "3", "2", "3", "3", "2", "1"),
    "no vaccination": ("5", "3", "2", "1", "yesterday", "97", "Bondeni", "1"),
    "school": ("5", "3", "3", "2", "Kalundu", "1", "Neema Wekesa", "12345679", "1"),
    "emergency": ("5", "4", "1", "1", "Sokoni", "1", "1"),
    "emergency in secret": ("5", "4", "1", "4", "Mjini", "2", "1"),
    "complaint": ("5", "4", "2", "1", "3", "They asked for money at the gate", "2", "1"),
    "complaint followed": ("5", "4", "2", "2", "1"),
    "promise": ("5", "4", "2", "3", "98", "1"),
}
FILED = {
    "water fault", "water fault, changed", "bill", "bill in part", "tax balance", "permit", "road works", "leave",
    "new PIN", "birth", "vaccination", "no vaccination", "school", "emergency", "emergency in secret", "complaint",
}  # fmt: skip
