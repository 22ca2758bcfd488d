"""The only SQL of the gateway: sessions, requests, outbox, messages and editions, in SQLite under one writer."""

from gateway.store.records import (
    Again,
    BooksRow,
    Claimed,
    Completion,
    Counts,
    Done,
    Filing,
    Job,
    Keeping,
    Kept,
    Lane,
    MessageRow,
    Newcomer,
    NewMessage,
    NewRequest,
    Park,
    Recalled,
    Reject,
    RequestRow,
    RequestState,
    Retry,
    Session,
    Stale,
    Swept,
    Texting,
    Turn,
    office_lane,
    sms_lane,
)
from gateway.store.store import Store

__all__ = [
    "Again", "BooksRow", "Claimed", "Completion", "Counts", "Done", "Filing", "Job", "Keeping", "Kept", "Lane",
    "MessageRow", "NewMessage", "NewRequest", "Newcomer", "Park", "Recalled", "Reject", "RequestRow", "RequestState",
    "Retry", "Session", "Stale", "Store", "Swept", "Texting", "Turn", "office_lane", "sms_lane",
]
