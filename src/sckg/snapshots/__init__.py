"""Immutable builds on disk: made durably, listed, verified, compared, carried away and brought back.

    STORE/current                    the name of the snapshot that is served
    STORE/lock                       held by the one build that may write
    STORE/snapshots/<id>/store       the Oxigraph store
                        /inputs      the city folders it was built from
                        /dumps       one sorted file per graph
                        /manifest.json   SHA-256 and size of every other file, and of what it was built from

Nothing in a snapshot is ever changed. A build makes a new one in a hidden folder, flushes it, renames it, and then
replaces ``current`` in one step.
"""
