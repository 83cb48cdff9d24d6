"""Presets of other programs, in and out."""

from studio.presets.foreign.formats import (
    FORMAT_WORDS,
    MOST_BYTES,
    WRITERS,
    export,
    import_bytes,
    import_file,
)
from studio.presets.foreign.source import Carried, Imported, NotCarried
from studio.presets.foreign.target import Exported

__all__ = [
    "FORMAT_WORDS",
    "MOST_BYTES",
    "WRITERS",
    "Carried",
    "Exported",
    "Imported",
    "NotCarried",
    "export",
    "import_bytes",
    "import_file",
]
