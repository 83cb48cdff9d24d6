"""What programs keep of unsaved texts, read while they write it."""

import os
from contextlib import suppress
from pathlib import Path

from studio.manuscript import Journal, RecoveryRecord


def die(journal: Journal) -> None:
    """As a killed process does: the lock goes, and nothing else."""
    assert journal._lock is not None
    descriptor = journal._lock._descriptor
    assert descriptor is not None
    os.close(descriptor)
    if journal._connection is not None:
        journal._connection.close()  # the system does


def leave_behind(root: Path, record: RecoveryRecord) -> None:
    """Have in a folder what a killed program left there: its record, and no lock.

    Args:
        root: The folder of all journals.
        record: What was not saved.
    """
    journal = Journal(root)
    journal.write(record)
    folder = journal._folder
    assert folder is not None
    data = (folder / "record").read_bytes()
    journal.close()
    folder.mkdir()
    (folder / "record").write_bytes(data)


def journal_records(root: Path) -> list[RecoveryRecord]:
    """The records of all journals below a folder; one that goes while it is read is none."""
    found = []
    for folder in root.iterdir() if root.exists() else ():
        with suppress(FileNotFoundError, NotADirectoryError):
            found.append(RecoveryRecord.of_bytes((folder / "record").read_bytes()))
    return found


def kept_texts(home: Path) -> list[str]:
    """Their texts, where a home's settings, data and state stand beside one another."""
    records = journal_records(home / "state" / "kelvin-studio" / "recovery")
    return [record.text for record in records]
