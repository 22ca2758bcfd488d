"""Which service is meant on the command line: a menu file, or a name among the services of the configuration."""

from __future__ import annotations

from pathlib import Path

from gateway import catalogue
from gateway.config import Config
from gateway.engine import Edition
from gateway.language.places import nearest
from gateway.messages import GatewayError, Misconfigured


def chosen(config: Config, what: str) -> tuple[Edition, str]:
    """Return the services of the configuration, a file's among them, and the name of the one that is meant.

    Raises Misconfigured with all that is wrong with the file, and GatewayError where nothing is called so.
    """
    if Path(what).is_file():
        return _with_file(config, Path(what))
    edition = catalogue.edition("chosen", catalogue.menu_files(config.menus))
    if what not in edition.services:
        raise GatewayError(f"there is no file and no service {what!r} ({nearest(what, edition.services)})")
    return edition, what


def _with_file(config: Config, file: Path) -> tuple[Edition, str]:
    read = catalogue.read(catalogue.menu_text(file), str(file))
    if read.service is None or read.document.complaints:
        raise Misconfigured([str(complaint) for complaint in sorted(read.document.complaints)])
    there, folder = file.resolve(), config.menus.resolve()
    beside = {str(path): catalogue.menu_text(path) for path in sorted(there.parent.glob(f"*{catalogue.LISTS}"))}
    name = str(there.relative_to(folder) if there.is_relative_to(folder) else there)
    files = catalogue.menu_files(config.menus) | beside | {name: catalogue.menu_text(file)}
    return catalogue.edition("chosen", files), read.service.service
