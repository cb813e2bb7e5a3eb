"""What an append can end in besides success. Each kind says what is certain about the batch.

::

    StoreError
    ├── HeadMoved          nothing was written: somebody else wrote first
    ├── StoreUnavailable   nothing was written: the store cannot be reached or is busy
    ├── OutcomeUnknown     written whole or not at all, and only reading tells
    └── SchemaTooNew       the database belongs to a newer program; it was not touched
"""


class StoreError(Exception):
    """Anything the stores refuse or fail with that a caller can decide about."""


class HeadMoved(StoreError):
    """The records are not where the writer believed, or a key of the batch is taken. Nothing was written.

    `workshops` are those whose head differs from the expected one; all of the batch's where the heads agree and
    another key (a command, an import's source, a sealed row) was taken.
    """

    def __init__(self, workshops: frozenset[str]) -> None:
        super().__init__(
            f"expected heads that the store does not have, in {len(workshops)} workshop(s): "
            f"{', '.join(sorted(workshops)[:5])}; read their tails and decide again"
        )
        self.workshops = workshops


class StoreUnavailable(StoreError):
    """The store could not do it, and it is certain that nothing was written. The next call connects afresh."""


class OutcomeUnknown(StoreError):
    """The answer to COMMIT was lost: the batch is stored whole or not at all.

    Compare the stored bytes at the position of the batch's first row: equal means all of it is durable.
    """


class SchemaTooNew(StoreError):
    """The database was written by a newer program than this one."""

    def __init__(self, *, found: int, known: int) -> None:
        super().__init__(
            f"the database has schema version {found}, this program knows up to {known}: "
            "use the newer program, or restore the backup made before it was first run"
        )
        self.found = found
        self.known = known
