"""Delivery: what was promised to offices and citizens, tried until it is done. Touches the store and the network.

Jobs are leased from the store within each lane's rate, cap and breaker; every attempt sends the same bytes under the
same key; the outcome is committed only by who still holds the lease. A job that cannot be delivered for seven days is
parked for a person, never dropped.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import httpx
import structlog

from gateway.config import Channel, Config, OfficeEntry
from gateway.crypto import Keys
from gateway.messages import Delivered, Failed, GatewayError, Later, Outcome, SendOutcome, Sent, StoreTrouble
from gateway.sight import Metrics
from gateway.store.jobs import (
    Completion,
    Done,
    Filing,
    Job,
    Lane,
    Park,
    Reject,
    Reroute,
    Retry,
    Texting,
    office_lane,
    sms_lane,
)
from gateway.store.store import Store

log = structlog.get_logger()

LEASE = 60.0  # seconds: longer than the 30 s that one attempt may take
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 6 * 3600.0  # seconds between attempts: full jitter below min(longest, 5 s x 2^n)
REPAIR_PAUSE = 300.0  # seconds at least, when our own credentials need repair
UNKNOWN_TRIES = 3  # an SMS whose answer was lost may have been sent: try it so often, not for days
SMS_GIVE_UP = 86400.0  # seconds: an older SMS no longer helps
IDLE = 5.0  # seconds to look again when nothing woke us
GATHER = 0.1  # seconds until a look for what is new: one look serves everything that was filed meanwhile

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Doors:
    """The HTTP clients of offices and channels, by name: at most eight in flight each."""

    offices: Mapping[str, httpx.AsyncClient]
    channels: Mapping[str, httpx.AsyncClient]


def lanes(config: Config) -> list[Lane]:
    """Return the lanes that a configuration makes, with their limits."""
    offices = [
        Lane(office_lane(name), rate=office.rate, cap=office.in_flight, trip=office.trip_after)
        for name, office in config.offices.items()
    ]
    channels = [
        Lane(sms_lane(name), rate=channel.sms.rate, cap=channel.sms.in_flight)
        for name, channel in config.channels.items()
        if channel.sms is not None
    ]
    return offices + channels


class Outbox:
    """Runs inside `gateway serve`; on a database that several processes share it can run by itself."""

    def __init__(
        self, config: Config, store: Store, doors: Doors, keys: Keys, metrics: Metrics,
        clock: Clock = time.time, chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.config, self.store, self.doors, self.keys, self.metrics = config, store, doors, keys, metrics
        self.clock, self.chance = clock, chance or random.SystemRandom()
        self.lanes = {lane.name: lane for lane in lanes(config)}
        self.working: dict[str, set[asyncio.Task[None]]] = {name: set() for name in self.lanes}
        self._settled = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled. What was under way when it was cancelled is tried again after its lease."""
        ready, overdue = False, 0.0
        while True:
            try:
                if not ready:
                    await self.store.set_lanes(list(self.lanes.values()))
                    ready = True
                if self.clock() >= overdue:
                    await self.park_overdue()
                    overdue = self.clock() + 60
                wake_at = await self.claim()
            except StoreTrouble as error:
                log.error("outbox waits for the store", why=str(error))
                wake_at = self.clock() + IDLE
            await self._rest(wake_at)

    async def stop(self) -> None:
        """Let the attempts that are under way finish, for at most their own time limit."""
        tasks = [task for tasks in self.working.values() for task in tasks]
        if tasks:
            await asyncio.wait(tasks, timeout=8)

    async def claim(self) -> float | None:
        """Begin what may be begun now; return when there may be more."""
        self.store.news.clear()
        self._settled.clear()
        wanted = {name: lane.cap - len(self.working[name]) for name, lane in self.lanes.items()}
        claimed = await self.store.claim({n: free for n, free in wanted.items() if free > 0}, self.clock(), LEASE)
        for job in claimed.jobs:
            task = asyncio.create_task(self._worked(job))
            self.working[job.lane].add(task)
            task.add_done_callback(self.working[job.lane].discard)
        return claimed.wake_at

    async def park_overdue(self) -> None:
        """Set aside what could not be delivered for as long as the configuration says, even if it is not due."""
        now = self.clock()
        why = f"not delivered for {self.config.give_up_after / 86400:g} days"
        while parked := await self.store.park_overdue(now - self.config.give_up_after, why):
            for reference in parked:
                log.error("parked", reference=reference, why=why)

    async def _rest(self, wake_at: float | None) -> None:
        """Wait until a job is settled, something new has had time to gather, or a lane opens."""
        try:
            async with asyncio.timeout(GATHER):
                await self._settled.wait()
            return
        except TimeoutError:
            pass
        pause = IDLE if wake_at is None else min(IDLE, max(0.0, wake_at - self.clock()))
        waits = [asyncio.create_task(event.wait()) for event in (self.store.news, self._settled)]
        try:
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    # --- one attempt

    async def _worked(self, job: Job) -> None:
        try:
            completion = await self._tried(job)
            if not await self.store.finish(job, completion, self.clock()):
                log.warning("lease lost", lane=job.lane, attempt=job.attempt)
            self._tell(job, completion)
        except GatewayError as error:  # the lease runs out, and the job is tried again
            log.error("attempt not settled", lane=job.lane, attempt=job.attempt, exc=error)
        finally:
            self._settled.set()

    async def _tried(self, job: Job) -> Completion:
        """Attempt; what breaks in our own code is tried again and parked in the end, like an office that is down."""
        try:
            return await self._attempt(job)
        except Exception as error:  # noqa: BLE001  else the lease would run out for ever, and never be given up
            log.error("bug", lane=job.lane, attempt=job.attempt, exc=error)
            later = Later(f"our own trouble: {type(error).__name__}; see the log", alone=True)
        return self._later(job, later) if isinstance(job.what, Filing) else self._sms_later(job, later)

    async def _attempt(self, job: Job) -> Completion:
        match job.what:
            case Filing():
                office = self.config.offices.get(job.what.office)
                if office is None:
                    return Park(f"the office {job.what.office!r} is no longer configured", "no_office")
                return self._of_office(job, await self._delivered(office, job, job.what))
            case Texting(opted_out=True) if not job.key.startswith("answer-"):
                return Reject("opted_out", "the number does not want SMS")
            case Texting():
                channel = self.config.channels[job.what.channel]
                outcome = await self._sent(channel, job.what)
                if isinstance(outcome, Failed) and outcome.kind == "opted_out":
                    await self.store.opt(channel.name, job.what.sms.to, out=True, now=self.clock())
                return self._of_sms(job, outcome)

    async def _delivered(self, office: OfficeEntry, job: Job, filing: Filing) -> Outcome:
        call = filing.call
        if filing.sealed:
            path, _, body = self.keys.open(call.body, filing.reference.encode()).partition(b"\n")
            call = replace(call, path=path.decode(), body=body)
        client = self.doors.offices[office.name]
        return await office.adapter.deliver(client, office.settings, filing.ask, call, job.key)

    async def _sent(self, channel: Channel, texting: Texting) -> SendOutcome:
        return await channel.telecom.send(self.doors.channels[channel.name], channel.settings, texting.sms)

    # --- what an outcome means

    def _of_office(self, job: Job, outcome: Outcome) -> Completion:
        match outcome:
            case Delivered(values):
                return Done(values)
            case Failed(code, why, "citizen_error") if job.doubtful:
                return Park(f"refused, but an earlier attempt may have been taken: {why}", code)
            case Failed(code, why, "citizen_error"):
                return Reject(code, why)
            case Failed(code, why):
                return Park(why, code)
            case Later():
                return self._later(job, outcome)

    def _of_sms(self, job: Job, outcome: SendOutcome) -> Completion:
        match outcome:
            case Sent(id, cost):
                return Done(provider_id=id, cost=cost)
            case Failed(kind="contract", why=why) if _other_way(job):
                return Reroute(self.clock(), why, "contract", alone=True, drop=True)
            case Failed(code, why):
                return Reject(code, why)
            case Later(kind="unknown", why=why) if job.attempt >= UNKNOWN_TRIES:
                return Reject("unknown", why)
            case Later():
                return self._sms_later(job, outcome)

    def _later(self, job: Job, later: Later) -> Completion:
        if self.clock() - job.queued >= self.config.give_up_after:
            return Park(f"given up after {self.config.give_up_after / 86400:g} days: {later.why}", later.kind)
        return self._again(job, later)

    def _sms_later(self, job: Job, later: Later) -> Completion:
        """An SMS that is given up has failed: nobody replays it."""
        if self.clock() - job.queued >= SMS_GIVE_UP:
            return Reject("given_up", f"given up after {SMS_GIVE_UP / 86400:g} days: {later.why}")
        again = self._again(job, later)
        if again.kind == "unknown" or not _other_way(job):
            return again
        tried_all = isinstance(job.what, Texting) and job.attempt > len(job.what.ways)
        due = again.due if tried_all else self.clock()
        return Reroute(due, again.why, again.kind, again.hold, again.alone)

    def _again(self, job: Job, later: Later) -> Retry:
        now = self.clock()
        pause = self.chance.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(job.attempt, 20)))
        if later.kind == "auth":
            pause = max(pause, REPAIR_PAUSE)
        asked = now + min(later.after, LONGEST_PAUSE) if later.after is not None else 0.0
        hold = 0.0 if later.alone else asked
        return Retry(max(now + pause, asked), later.why, later.kind, hold, later.alone)

    def _tell(self, job: Job, completion: Completion) -> None:
        outcome = type(completion).__name__.lower()
        self.metrics.deliveries.labels(job.lane, outcome).inc()
        reference = job.what.reference or ""
        match completion:
            case Done():
                log.info("delivered", lane=job.lane, reference=reference, attempt=job.attempt)
            case Retry(why=why, kind=kind) | Reroute(why=why, kind=kind):
                tell = log.error if kind == "auth" else log.warning
                tell("not delivered yet", lane=job.lane, reference=reference, attempt=job.attempt, kind=kind, why=why)
            case Park(why, code) | Reject(code, why):
                word = "parked" if isinstance(completion, Park) else "rejected"
                log.error(word, lane=job.lane, reference=reference, attempt=job.attempt, code=code, why=why)


def _other_way(job: Job) -> bool:
    """Say whether an SMS may be tried by another channel: not if it may have gone out by one already."""
    return isinstance(job.what, Texting) and bool(job.what.ways) and not job.doubtful
