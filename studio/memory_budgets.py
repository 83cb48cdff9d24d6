"""What the window keeps in memory on purpose, and how much of it: each thing has its budget.

Beyond it the oldest go: to disk where there is a file of it, else altogether. What is in view and
the text itself count in none. Nothing here knows who keeps what.
"""

MIB = 2**20

UNDO = 48 * MIB
"""Bytes of text that undo and redo hold: of more, the steps that are furthest away go. The last
step can always be undone, however long its text."""

SKETCHES = 64 * MIB
"""Bytes of the distributions of written and scored tokens, in the text, in takes and in undo: some
50,000 tokens. Of more, the oldest go; their text stays, and can be scored again."""

UNPACKED_SKETCHES = 600
"""Such distributions that are kept unpacked, in all views together: 2 MiB, and what samplers made
of those that they were asked about."""

RUNS = 8 * MIB
"""Bytes of the runs of comparisons that are not in view: they are all on the shelf, and are read
from there where they are not in memory."""

SHELF = 256 * MIB
"""Bytes of that shelf, on the disk. Of more, the oldest files go."""

DOCUMENT_RUNS = 8 * MIB
"""Bytes of the runs that a document keeps, in memory and in its file: some dozen of four lanes of
64 tokens. Of more, the oldest go."""

LAID_OUT_TEXTS = 400
"""Words that each view of bars keeps laid out, in each of its fonts: about a KiB each."""
