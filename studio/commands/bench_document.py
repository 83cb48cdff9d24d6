"""Measures a large document: a million characters and 50,000 tokens with distributions.

Everything that is measured here is done by the program with any document; nothing is drawn.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from studio.manuscript import Document, Journal, Manuscript, RecoveryRecord, TextFile, TokenSpans
from studio.manuscript.document_file import document_of_bytes, document_to_bytes
from studio.sampling import LogitSketch
from studio.token_record import TokenRecord, TokenSequence

CHARACTERS, TOKENS, VOCABULARY = 1_000_000, 50_000, 49_152
_TAKE = 500
"""Tokens of each take."""
_CONTEXT = 4_000
"""Tokens before the first of a take, and those of it."""
_SENTENCE = "The old fisherman pushed the boat into the water and looked back. "
_ROUNDS = 5


def measure_document() -> dict[str, object]:
    """Size and times of the file, of its place in a manuscript, and of what is kept of it.

    Returns:
        `document_mb`; `document_read_seconds` from bytes to a manuscript with its tokens placed;
        `document_copy_ms`, for which the window stands still each second that something changes;
        `document_keep_seconds`, in which another thread has that on the disk; `document_key_ms_p99`
        of a key's change of the text meanwhile.
    """
    manuscript, spans = _large()
    document, data = _document_of(manuscript), b""
    reads = []
    for _ in range(3):
        data = document_to_bytes(document)
        begun = time.perf_counter()
        again = document_of_bytes(data)
        reopened = Manuscript()
        found = TokenSpans(reopened)
        reopened.restore(again.passage, again.take_sets)
        reads.append(time.perf_counter() - begun)
        assert len(found) == len(spans), "all tokens have come back"
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        journal = Journal(Path(folder))
        journal.write(_record_of(document))
        copies, kept, keys = _keep_while_typing(journal, manuscript)
        journal.close()
    return {
        "document_mb": len(data) / 1e6,
        "document_read_seconds": statistics.median(reads),
        "document_copy_ms": 1e3 * max(copies),
        "document_keep_seconds": statistics.median(kept),
        "document_key_ms_p99": 1e3 * float(np.quantile(keys, 0.99)),
    }


def _keep_while_typing(
    journal: Journal, manuscript: Manuscript
) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each copy, of each time that it was kept, and of each key's change meanwhile."""
    copies, kept, keys = [], [], []
    for number in range(_ROUNDS):
        begun = time.perf_counter()
        record = _record_of(_document_of(manuscript))
        copies.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        thread = threading.Thread(target=journal.write, args=(record,))
        thread.start()
        while thread.is_alive():
            key = time.perf_counter()
            manuscript.edit(CHARACTERS // 2 + number, 0, "y")
            keys.append(time.perf_counter() - key)
            time.sleep(0.001)
        thread.join()
        kept.append(time.perf_counter() - begun)
    return copies, kept, keys


def _large() -> tuple[Manuscript, TokenSpans]:
    """A manuscript of prose into which a model has written takes."""
    rng = np.random.default_rng(3)
    sketches = [
        LogitSketch.of(rng.normal(0, 4, VOCABULARY).astype(np.float32)).to_bytes()
        for _ in range(64)
    ]
    words = [f" {word}".encode() for word in _SENTENCE.split()]
    manuscript = Manuscript()
    spans = TokenSpans(manuscript)
    written = TOKENS * sum(map(len, words)) // len(words)
    paragraph = _SENTENCE * 8 + "\n"
    manuscript.load(paragraph * ((CHARACTERS - written) // len(paragraph)))
    for begun in range(0, TOKENS, _TAKE):
        take = manuscript.begin_take(begun * len(manuscript) // TOKENS, seed=begun)
        sequence = TokenSequence(list(range(_CONTEXT)), seed=begun, start=_CONTEXT - _TAKE)
        for index in range(_TAKE):
            number = begun + index
            # No two share one in memory, as no two of a model's do.
            sketch = bytes(bytearray(sketches[number % len(sketches)]))
            text = words[number % len(words)]
            take.records.append(_drawn(number % VOCABULARY, text, sketch, sequence, index))
        take.append(b"".join(record.text for record in take.records).decode())
        manuscript.end_take()
    return manuscript, spans


def _drawn(
    token: int, text: bytes, sketch: bytes, sequence: TokenSequence, index: int
) -> TokenRecord:
    assert sequence.start is not None, "they are drawn"
    return TokenRecord(
        id=token,
        text=text,
        sketch=sketch,
        u=0.25,
        probability=0.5,
        rank=1,
        kept=20,
        entropy=1.5,
        top=tuple((other, 0.1) for other in range(8)),
        sequence=sequence,
        index=sequence.start + index,
    )


def _document_of(manuscript: Manuscript) -> Document:
    return Document(*manuscript.content())


def _record_of(document: Document) -> RecoveryRecord:
    file = TextFile("".join(passage.text for passage in document.passages))
    return RecoveryRecord(file, (), "", 0, None, None, 1.0, document)
