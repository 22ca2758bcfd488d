"""Puts editions of the menus in force: what lies on disk, or one that was kept. Touches the menu folder and the store.

An edition comes into force whole or not at all. What was put in force on purpose stays until what lies on disk changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from gateway import catalogue
from gateway.catalogue import Catalogue, Files, Judged, surroundings
from gateway.config import Config
from gateway.engine import Edition
from gateway.language.root import Service
from gateway.messages import GatewayError, Misconfigured, StoreTrouble
from gateway.store import InForce, Store
from gateway.watch import Watch

log = structlog.get_logger()

Services = Mapping[str, Service]
NOTHING: Services = {}
SHORT = 8  # characters of a hash are enough for people
# What ends a roll-back, by how menus come into force.
UNTIL = {"watch": "a file changes or `gateway menus reload`", "signal": "`gateway menus reload` or SIGHUP"}
AGAIN = 5.0  # seconds until the menus are tried again that the store could not take


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What lies in the menu folder: its files and their hash, or why they cannot be read."""

    files: Files
    hash: str
    complaints: tuple[str, ...] = ()


def on_disk(config: Config) -> OnDisk:
    """Read the menu folder. The hash is empty where it cannot be read."""
    try:
        files = catalogue.menu_files(config.menus)
    except Misconfigured as error:
        return OnDisk({}, "", tuple(error.complaints))
    return OnDisk(files, catalogue.edition_hash(files))


def chosen(editions: Sequence[InForce], wanted: str) -> InForce:
    """Return the one edition whose hash begins like that. Raises GatewayError."""
    found = [one for one in editions if one.edition.startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    said = "several editions begin" if found else "no edition that is kept begins"
    raise GatewayError(f"{said} with {wanted!r} (see `gateway menus list`)")


@dataclass(slots=True)
class Editions:
    """What decides which edition is in force. `held` is the hash on disk that was rolled back from; None: no such."""

    config: Config
    store: Store
    known: Catalogue
    clock: Callable[[], float]
    held: str | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one after the other, so that the latest menus stay

    async def reload(self) -> list[str]:
        """Put the menus on disk in force if they are good, even after a roll-back; return the complaints if not."""
        async with self._turn:
            complaints = await self._took(await asyncio.to_thread(on_disk, self.config))
            log.info("menus read on order", edition=self.known.current.hash, count=len(complaints))
            return complaints

    async def roll_back(self, wanted: str, why: str = "") -> str:
        """Put a kept edition in force, the one before unless `wanted` begins its hash; return a sentence about it.

        Raises GatewayError if there is no such, Misconfigured if it no longer fits the configuration.
        """
        async with self._turn:
            history = await self.store.editions()
            if not wanted and len(history) == 1:
                raise GatewayError("no other edition was in force before")
            target = chosen(history, wanted) if wanted else history[1]
            edition, files = await _fitting(self.config, self.store, target.edition)
            disk = (await asyncio.to_thread(on_disk, self.config)).hash
            await self._put(edition, files, disk, why)
            return self.known.notice or f"in force, as on disk: {edition.hash[:SHORT]}"

    async def watch(self) -> None:
        """Put in force what comes to lie on disk, as soon as it is good and nobody writes it any more; for ever."""
        folder = Watch(self.config.menus)
        while True:
            state = await folder.change()
            try:
                async with self._turn:
                    found = await asyncio.to_thread(on_disk, self.config)
                    if not await folder.still(state):
                        continue
                    await self._look_at(found)
                folder.known = state
            except StoreTrouble as error:
                log.error("menus wait for the store", why=str(error))
                await asyncio.sleep(AGAIN)
            except Exception as error:  # noqa: BLE001 - menus that nobody foresaw must not end the watch
                log.error("menus not taken", exc=error)
                self.known.trouble = (f"{self.config.menus}:1:1: they cannot be judged: {error!r} (see the log)",)
                folder.known = state

    async def _look_at(self, disk: OnDisk) -> None:
        if disk.hash == self.held:
            self.known.trouble = ()  # it was judged before it came into force, and rolled back on purpose
        else:
            await self._took(disk, again=False)

    async def _took(self, disk: OnDisk, *, again: bool = True) -> list[str]:
        """Put it in force, or return why not. What was complained of already is logged only `again` if so wanted."""
        if disk.hash == self.known.current.hash:
            await self._put(self.known.current, disk.files, disk.hash)
            return []
        if disk.complaints:
            return self.refused(disk.complaints, again)
        judged = await asyncio.to_thread(_judged, self.config, disk.files, "", self.known.current.services)
        if judged.edition is None:
            return self.refused(_errors(judged), again)
        await self._put(judged.edition, disk.files, disk.hash)
        return []

    def refused(self, complaints: tuple[str, ...], again: bool = True) -> list[str]:
        """Say why what lies on disk is not in force."""
        if again or complaints != self.known.trouble:
            for complaint in complaints:
                log.error("menus not taken", complaint=complaint)
        self.known.trouble = complaints
        return list(complaints)

    async def _put(self, edition: Edition, files: Files, disk: str, why: str = "") -> None:
        settled = (edition.hash, None, ()) == (self.known.current.hash, self.held, self.known.trouble)
        if settled and disk == edition.hash:
            return
        await self.store.put_in_force(edition.hash, files, self.clock(), disk, why)
        self.held = disk if disk != edition.hash else None
        self.known.replace(edition, files, "" if self.held is None else _notice(self.config, edition.hash, why))
        log.info("menus in force", edition=edition.hash, count=len(files), why=self.known.notice)


async def begun(config: Config, store: Store, clock: Callable[[], float]) -> Editions:
    """Return the editions with the one in force that should be: what lies on disk, unless it was rolled back from.

    Where what lies on disk is wrong, the edition that was in force last stays so. Raises Misconfigured without any.
    """
    disk, last = on_disk(config), await store.in_force()
    published = await _published(store, last)
    judged = Judged(None, ()) if disk.complaints else _judged(config, disk.files, "", published)
    held = last is not None and last.rolled_back and last.disk == disk.hash
    stays = await _staying(config, store, last) if last is not None and (held or judged.edition is None) else None
    if last is None or stays is None:
        return await _from_disk(config, store, clock, disk, judged)
    editions = Editions(config, store, Catalogue(*stays, store.load_edition), clock)
    if last.rolled_back:
        editions.held, editions.known.notice = last.disk, _notice(config, last.edition, last.why)
    if not held:
        editions.refused(disk.complaints or _errors(judged))
    log.warning("menus in force", edition=last.edition, count=len(stays[1]), why=editions.known.notice)
    return editions


async def _from_disk(
    config: Config, store: Store, clock: Callable[[], float], disk: OnDisk, judged: Judged
) -> Editions:
    if judged.edition is None:
        raise Misconfigured(list(disk.complaints or _errors(judged)))
    await store.put_in_force(judged.edition.hash, disk.files, clock(), disk.hash)
    return Editions(config, store, Catalogue(judged.edition, disk.files, store.load_edition), clock)


async def _staying(config: Config, store: Store, last: InForce) -> tuple[Edition, Files] | None:
    """Return the edition that was in force, None where it does not fit the configuration any more."""
    try:
        return await _fitting(config, store, last.edition)
    except GatewayError as error:
        log.error("the edition in force cannot stay", edition=last.edition, why=str(error))
        return None


async def _fitting(config: Config, store: Store, name: str) -> tuple[Edition, Files]:
    """Return a kept edition, judged against the present configuration. Raises GatewayError, Misconfigured."""
    files = await store.load_edition(name)
    if files is None:
        raise GatewayError(f"the edition {name[:SHORT]} is not kept any more")
    judged = await asyncio.to_thread(_judged, config, files, f"{name[:SHORT]}:")
    if judged.edition is None:
        raise Misconfigured([f"the edition {name[:SHORT]} no longer fits the configuration:", *_errors(judged)])
    return judged.edition, files


async def _published(store: Store, last: InForce | None) -> Services:
    """Return the services that were in force last: options keep their numbers. A roll-back asks for no such thing."""
    files = await store.load_edition(last.edition) if last is not None else None
    return catalogue.edition(last.edition, files).services if last is not None and files is not None else NOTHING


def _judged(config: Config, files: Files, before: str = "", published: Services = NOTHING) -> Judged:
    around = replace(surroundings(config), published=published)
    return catalogue.judge(files, around, before or f"{config.menus}/")


def _errors(judged: Judged) -> tuple[str, ...]:
    return tuple(str(complaint) for complaint in judged.complaints if complaint.level == "error")


def _notice(config: Config, edition: str, why: str) -> str:
    because = f" ({why})" if why else ""
    until = UNTIL[config.reload]
    return (
        f"the menus in force are not those on disk: rolled back to {edition[:SHORT]}{because}; they stay until {until}"
    )
