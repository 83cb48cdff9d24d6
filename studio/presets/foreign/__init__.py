"""Presets of other programs, in and out. Knows no folder and no window."""

from studio.presets.foreign.formats import (
    FORMAT_WORDS,
    WRITERS,
    export,
    import_bytes,
    import_file,
)
from studio.presets.foreign.source import Imported, NotCarried
from studio.presets.foreign.target import Exported

__all__ = [
    "FORMAT_WORDS",
    "WRITERS",
    "Exported",
    "Imported",
    "NotCarried",
    "export",
    "import_bytes",
    "import_file",
]
