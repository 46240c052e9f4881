"""Open for reading the store that a person names: a folder that was built, or a server."""

from __future__ import annotations

import re
from pathlib import Path

from sckg.snapshot import current, default_store
from sckg.stores.base import Store
from sckg.stores.embedded import EmbeddedStore


def is_url(where: str) -> bool:
    """Return whether a store is a server."""
    return bool(re.match(r"https?://", where))


def open_store(where: str) -> Store:
    """Return the store, open for reading. Raises NotPossible when nothing was built there."""
    if is_url(where):
        from sckg.stores.remote import RemoteStore  # noqa: PLC0415 - only when a server is named

        return RemoteStore(where)
    root = Path(where) if where else default_store()
    return EmbeddedStore.read_only(current(root).store)
