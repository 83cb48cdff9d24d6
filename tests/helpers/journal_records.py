"""What programs keep of unsaved texts, read while they write it."""

from contextlib import suppress
from pathlib import Path

from studio.manuscript import RecoveryRecord


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
