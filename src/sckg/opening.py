"""The store that a person names: a folder, or for reading a server."""

from __future__ import annotations

import re
from pathlib import Path

from sckg import names
from sckg.problems import NotPossible
from sckg.snapshots.reading import default_store, open_current
from sckg.stores.base import Store


def is_url(where: str) -> bool:
    """Return whether a store is a server, and no folder."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", where))


def open_store(where: str) -> Store:
    """Return the store, open for reading. Raises NotPossible when nothing was built there."""
    if is_url(where):
        from sckg.stores.remote import RemoteStore  # noqa: PLC0415 - only when a server is named

        if not re.match(r"https?://", where, re.IGNORECASE):
            raise NotPossible(f"--store {where}: a server has a URL that begins with http:// or https://")
        return RemoteStore(where)
    return open_current(store_folder(where))


def folder_to_build(where: str) -> Path:
    """Return the folder to build into. Raises NotPossible for a server: builds are local."""
    if is_url(where):
        graphs = names.graph("NAME").value
        raise NotPossible(
            f"{where} is a server, and a build goes into a folder. Build with --store FOLDER, load each "
            f"FOLDER/snapshots/*/dumps/NAME.nt into the server's graph {graphs}, then read it with --store {where}"
        )
    return store_folder(where)


def store_folder(where: str) -> Path:
    """Return the folder of a store, there or not. Raises NotPossible for a server or a file."""
    if is_url(where):
        raise NotPossible(f"{where} is a server, not a folder")
    root = Path(where) if where else default_store()
    if root.exists() and not root.is_dir():
        raise NotPossible(f"{root} is no folder; name one with --store")
    return root
