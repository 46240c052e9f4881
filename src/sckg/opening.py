"""The store that a person names: a folder or a server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sckg.problems import NotPossible
from sckg.snapshots.reading import default_store, open_current
from sckg.stores.base import Store

if TYPE_CHECKING:
    from sckg.stores.remote import RemoteStore


def is_url(where: str) -> bool:
    """Return whether a store is a server, and no folder."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", where))


def open_store(where: str) -> Store:
    """Return the store, open for reading. Raises NotPossible when nothing was built there."""
    if is_url(where):
        return open_server(where)
    return open_current(store_folder(where))


def open_server(where: str) -> RemoteStore:
    """Return the store behind a server. Raises NotPossible for an address that cannot be one."""
    from sckg.stores.remote import RemoteStore  # noqa: PLC0415 - only when a server is named

    return RemoteStore(where)


def store_folder(where: str) -> Path:
    """Return the folder of a store, there or not. Raises NotPossible for a server or a file."""
    if is_url(where):
        raise NotPossible(f"{re.sub('//[^/]*@', '//...@', where)} is a server, not a folder")
    root = Path(where) if where else default_store()
    if root.exists() and not root.is_dir():
        raise NotPossible(f"{root} is no folder; name one with --store")
    return root
