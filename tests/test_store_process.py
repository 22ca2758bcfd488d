"""The store and its process: killed, locked out, out of disk, on a disk that fails to sync. Real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.messages import StoreTrouble
from gateway.store import Kept, Store, writer
from tests.storing import NOW, a_request, a_store, a_turn, kept, rows

# Files requests as fast as it can and names each on standard output once it is acknowledged.
FILER = """
import asyncio, sys
from pathlib import Path
from gateway.store import Kept
from tests.storing import a_request, a_store, a_turn

async def caller(store, name):
    for n in range(100_000):
        request = a_request(f"{name}x{n}")
        turn = a_turn(key=request.reference, last=True, requests=(request,))
        assert isinstance(await store.keep(turn), Kept)
        sys.stdout.write(request.reference + "\\n")
        sys.stdout.flush()

async def main():
    async with a_store(Path(sys.argv[1])) as store:
        await asyncio.gather(*(caller(store, name) for name in "abcdefgh"))

asyncio.run(main())
"""
# The twin that breaks the promise: it acknowledges before the commit. The test above must notice.
SABOTEUR = """
import asyncio
from gateway.store import Store

tasks = set()
keep = Store.keep

async def late(self, turn):
    await asyncio.sleep(0.05)
    await keep(self, turn)

async def early(self, turn):
    tasks.add(asyncio.create_task(late(self, turn)))
    await asyncio.sleep(0.001)
    return True

Store.keep = early
""" + FILER.replace("isinstance(await store.keep(turn), Kept)", "await store.keep(turn)")
# Fills the disk to a limit, then is given room again.
FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from gateway.messages import StoreTrouble
from gateway.store import Kept, writer
from tests.storing import a_request, a_store, a_turn

writer.PROBE_SECONDS = 0.01

async def main():
    async with a_store(Path(sys.argv[1])) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        acknowledged = 0
        try:
            while True:
                request = a_request(str(acknowledged))
                assert isinstance(await store.keep(a_turn(key=str(acknowledged), requests=(request,))), Kept)
                acknowledged += 1
        except StoreTrouble as trouble:
            assert "free disk space" in str(trouble), trouble
        assert store.trouble
        assert await store.verify() == []
        assert len(await store.list_requests(limit=100_000)) == acknowledged
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        for _ in range(500):
            if store.trouble is None:
                break
            await asyncio.sleep(0.01)
        assert store.trouble is None
        assert isinstance(await store.keep(a_turn(key="after", requests=(a_request("after"),))), Kept)
        assert await store.verify() == []
        print(acknowledged)

asyncio.run(main())
"""
HOLDER = """
import asyncio, sys
from pathlib import Path
from tests.storing import a_store

async def main():
    async with a_store(Path(sys.argv[1])):
        sys.stdout.write("open\\n")
        sys.stdout.flush()
        sys.stdin.read()

asyncio.run(main())
"""


def run(script: str, folder: Path) -> subprocess.Popen[str]:
    """Start a script on a data folder in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )


def references(text: str) -> set[str]:
    """Return the references on whole lines: a line that the kill cut off was never read by anyone."""
    return {line for line in text.split("\n")[:-1] if line.startswith("REF")}


async def acknowledged_and_stored(script: str, folder: Path) -> tuple[set[str], set[str]]:
    """Kill a script in the middle of its work; return what it acknowledged and what is there afterwards."""
    child = run(script, folder)
    assert child.stdout is not None
    seen = ""
    while len(references(seen)) < 200:
        seen += os.read(child.stdout.fileno(), 4096).decode()
    os.kill(child.pid, signal.SIGKILL)
    seen += child.stdout.read()
    child.communicate()
    async with a_store(folder) as store:
        assert await store.verify() == []
        return references(seen), {row.reference for row in await store.list_requests(limit=1_000_000)}


@pytest.mark.parametrize("round_number", [1, 2])
async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path, round_number: int) -> None:
    acknowledged, stored = await acknowledged_and_stored(FILER, tmp_path)
    assert acknowledged <= stored
    assert len(stored - acknowledged) <= 8  # at most one under way for each caller


async def test_its_twin_that_acknowledges_before_the_commit_is_caught(tmp_path: Path) -> None:
    acknowledged, stored = await acknowledged_and_stored(SABOTEUR, tmp_path)
    assert acknowledged - stored


async def test_a_full_disk_is_no_acknowledgement_and_recovers_by_itself(tmp_path: Path) -> None:
    child = run(FULL, tmp_path)
    out, err = await asyncio.to_thread(child.communicate)
    assert child.returncode == 0, err
    assert int(out.split("\n")[-2]) > 10


async def test_a_second_process_is_turned_away_with_the_pid_of_the_first(tmp_path: Path) -> None:
    child = run(HOLDER, tmp_path)
    try:
        assert child.stdout is not None
        while "open\n" not in (line := await asyncio.to_thread(child.stdout.readline)):
            assert line
        with pytest.raises(StoreTrouble, match=f"process {child.pid}"):
            await Store.open(tmp_path)
    finally:
        child.communicate()
    async with a_store(tmp_path) as store:
        assert store.trouble is None


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        pass
    with pytest.raises(StoreTrouble, match="closed"):
        await store.keep(a_turn())


async def test_closing_commits_what_waits(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        waiting = [asyncio.create_task(store.keep(a_turn(key=str(n)))) for n in range(200)]
        await asyncio.sleep(0)
    assert {type(result) for result in await asyncio.gather(*waiting)} == {Kept}
    assert rows(tmp_path, "SELECT count(*) FROM session") == [(200,)]


async def test_too_many_waiting_writes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING_AT_MOST", 3)
    async with a_store(tmp_path) as store:
        results = await asyncio.gather(*(store.keep(a_turn(key=str(n))) for n in range(5)), return_exceptions=True)
        assert [type(result) for result in results] == [Kept, Kept, Kept, StoreTrouble, StoreTrouble]
        assert "keep up" in str(results[4])
        assert isinstance(await store.keep(a_turn(key="4")), Kept)


class FailingCommit:
    """A connection whose next commits fail with a given SQLite error."""

    def __init__(self, connection: sqlite3.Connection, code: int, times: int) -> None:
        self.connection = connection
        self.code = code
        self.times = times

    def execute(self, sql: str, *given: object) -> sqlite3.Cursor:
        """Fail a commit; pass everything else on."""
        if sql == "COMMIT" and self.times:
            self.times -= 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self.code
            raise error
        return self.connection.execute(sql, *given)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_BUSY])
async def test_a_failed_commit_fails_its_whole_batch_and_nothing_of_it_is_there(tmp_path: Path, code: int) -> None:
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0)))
        store._writer._execute = FailingCommit(store._writer._connection, code, 1).execute
        results = await asyncio.gather(
            store.keep(a_turn(1, session=session, requests=(a_request(),))),
            store.opt("at", "x", out=True, now=NOW),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [StoreTrouble, StoreTrouble]
        assert store.trouble is not None
        assert (await store.recall(a_turn().key, a_turn(1).mark)).reply is None
        kept(await store.keep(a_turn(1, session=session, requests=(a_request(),))))
        assert await store.verify() == []


@pytest.mark.parametrize("code", sorted(writer.SYNC_FAILED))
async def test_a_failed_sync_is_never_tried_again(tmp_path: Path, code: int) -> None:
    async with a_store(tmp_path) as store:
        store._writer._execute = FailingCommit(store._writer._connection, code, 1).execute
        for _ in range(2):
            with pytest.raises(StoreTrouble, match="failed to sync"):
                await store.keep(a_turn())
        assert store.trouble is not None
        assert store._writer._probe is None
    async with a_store(tmp_path) as store:  # what the disk really holds decides
        assert (await store.recall(a_turn().key, b"")).session is None


async def test_the_probe_clears_the_trouble_without_any_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PROBE_SECONDS", 0.0)
    async with a_store(tmp_path) as store:
        failing = FailingCommit(store._writer._connection, sqlite3.SQLITE_FULL, 3)
        store._writer._execute = failing.execute
        with pytest.raises(StoreTrouble):
            await store.keep(a_turn())
        while store.trouble is not None:
            await asyncio.sleep(0)
        assert failing.times == 0
        kept(await store.keep(a_turn()))
