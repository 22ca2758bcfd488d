"""How the phone looks: a screen with its count, the line and its time, a keypad, and what happens beside it."""

from __future__ import annotations

from rich.align import Align
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.cli.phone.handset import Handset, Note
from gateway.cli.phone.lines import Question
from gateway.language import text
from gateway.workshop.rehearsal.writing import flow

WIDE = 40  # columns of the phone
TALL = 10  # lines of its screen, at least
ASIDE = 36  # columns of what is told beside it, at least
LATEST = 6  # things told
PAD = (("1", "2 abc", "3 def"), ("4 ghi", "5 jkl", "6 mno"), ("7 pqrs", "8 tuv", "9 wxyz"), ("*", "0 +", "#"))
BARS = {"open": "▂▄▆█", "over": "▂▄▆█", "idle": "▂▄▆█", "dropped": "▂▁▁▁"}
HELP = (
    ("Enter", "send, dial"), ("Backspace", "clear one"), ("Ctrl-U", "clear all"), ("Ctrl-D", "hang up"),
    ("Ctrl-X", "lose the signal"), ("Ctrl-R", "redial"), ("Tab", "messages"), ("Ctrl-Q", "quit"),
)  # fmt: skip
SHORT = 30  # seconds from which the time that is left is red


def drawn(phone: Handset, width: int) -> RenderableType:
    """Return the phone, and beside it (below it in a narrow terminal) what happens outside."""
    beside = width >= WIDE + ASIDE + 2
    picture = Table.grid(padding=(0, 2 if beside else 0))
    aside = Group(_help(), _outside(phone, min(width - WIDE - 2, 60) if beside else WIDE))
    if beside:
        picture.add_row(_phone(phone), aside)
        return picture
    return Group(_phone(phone), aside)


def _phone(phone: Handset) -> Panel:
    return Panel(
        Group(_line(phone), _screen(phone), _input(phone), _pad()), width=WIDE, border_style="bold", padding=(0, 1)
    )


def _line(phone: Handset) -> RenderableType:
    line = Table.grid(expand=True)
    for justify in ("left", "center", "right"):
        line.add_column(justify=justify)
    bars = Text(f"{BARS[phone.call]} {phone.network}", style="red" if phone.call == "dropped" else "")
    line.add_row(bars, Text("SMS" if phone.sms else phone.code), _time(phone))
    return line


def _time(phone: Handset) -> Text:
    mail = f"✉ {phone.unread} " if phone.unread else ""
    if phone.sms or phone.call != "open":
        return Text(mail or "      ")
    left = max(0, int(phone.left + 0.999))
    return Text.assemble((mail, "yellow"), (f"{left // 60}:{left % 60:02}", "bold red" if left <= SHORT else "bold"))


def _screen(phone: Handset) -> Panel:
    if phone.question is not None:
        return _shown(_asked(phone.question), "an office is asked", "yellow")
    if phone.sms or phone.inbox:
        return _shown(_messages(phone.notes), "messages", "cyan")
    if phone.busy:
        return _shown(Text("USSD code running…", style="dim"), "", "dim")
    style = {"open": "green", "over": "blue"}.get(phone.call, "dim")
    count = counted(phone.screen, phone.line.limits) if phone.call in ("open", "over") else ""
    return _shown(Text(phone.screen), count, style)


def _shown(body: Text, below: str, style: str) -> Panel:
    lines = sum(max(1, -(-Text(line).cell_len // (WIDE - 8))) for line in body.plain.split("\n"))
    return Panel(body, height=max(TALL, lines + 3), subtitle=below or None, border_style=style, padding=(0, 1))


def counted(shown: str, limits: text.Limits) -> str:
    """Return how long a screen is, of how much, and in which alphabet."""
    return f"{limits.length(shown)} of {limits.most(shown)} {'GSM-7' if limits.is_gsm(shown) else 'UCS-2'}"


def _asked(question: Question) -> Text:
    asked = ", ".join(f"{name} {value}" for name, value in question.send.items())
    head = f"{question.office} is asked: {question.ask}\n{asked}\n"
    if question.name is None:
        return Text(f"{head}What does it say?\n1 Found\n2 No such thing\n3 Too slow\n4 Down")
    return Text(f"{head}{question.name}?\nEnter alone: {flow(question.sample[question.name])}")


def _messages(notes: list[Note]) -> Text:
    """Return the latest messages; each with its parts."""
    if not notes:
        return Text("No messages.", style="dim")
    body = Text()
    for note in notes[-3:]:
        parts = text.segments(note.text)
        head = f"{'You' if note.mine else 'From the service'}, {parts} part{'' if parts == 1 else 's'}\n"
        body.append(head, style="bold cyan" if note.mine else "bold green").append(f"{note.text}\n")
    body.rstrip()
    return body


def _input(phone: Handset) -> Text:
    what = "office" if phone.question is not None else "SMS" if phone.sms else ""
    return Text.assemble((f" {what}> ", "dim"), (phone.typed[-(WIDE - 14) :], "bold"), ("▏", "blink"))


def _pad() -> Align:
    pad = Table.grid(padding=(0, 3))
    for row in PAD:
        pad.add_row(*(Text.assemble((key[0], "bold"), (key[1:].ljust(6), "dim")) for key in row))
    return Align.center(pad)


def _outside(phone: Handset, width: int) -> Panel:
    told = Text("\n".join(f"• {line}" for line in phone.told[-LATEST:]) or "Nothing yet.", style="cyan")
    return Panel(told, title="what happens", width=width, border_style="dim")


def _help() -> Table:
    keys = Table.grid(padding=(0, 2))
    for key, what in HELP:
        keys.add_row(Text(key, style="bold"), Text(what, style="dim"))
    return keys
