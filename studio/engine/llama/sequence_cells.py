"""Which cells of a context's memory belong to sequences: shared prompts, and what each wrote.

With unified KV a cell may belong to several sequences: a prompt evaluated once is each one's, by
`llama_memory_seq_cp`, and only what a sequence writes takes cells of its own. Counts them, so that
one knows what is free. The main sequence is llama.cpp's 0; those of a generation have numbers from
0 on, which are other ids for llama.cpp.
"""

import llama_cpp

MAIN, SCRATCH = 0, 1
"""llama.cpp's ids: the manuscript, and a look into its middle that leaves the rest evaluated."""

_FIRST = 2
"""The id of sequence 0."""


class SequenceCells:
    """A generation's sequences in one memory.

    Args:
        memory: of a context with unified KV and room for them.
    """

    def __init__(self, memory: llama_cpp.llama_memory_t) -> None:
        self._memory = memory
        self._lengths: dict[int, int] = {}
        self._shared: dict[int, int] = {}
        """How many of each one's cells are the prompt's: they are others' too."""
        self._prompts: dict[int, int] = {}
        """The number of each one's prompt."""
        self._copies: dict[int, int] = {}
        """Which evaluation of a prompt each one's shared cells are of: those of one are the same
        cells."""
        self._main_copy = 0
        """That of the main sequence."""
        self._main = 0
        """How many of that evaluation's cells are the main sequence's too."""
        self.held = 0
        """Cells that the main sequence does not have."""

    @staticmethod
    def llama_id(sequence: int) -> int:
        """What llama.cpp calls a sequence."""
        return _FIRST + sequence

    def length(self, sequence: int) -> int:
        """Tokens of a sequence, the prompt's among them; 0 where it has no cells, or lost them."""
        return self._lengths.get(sequence, 0)

    def share(self, sequence: int, length: int, prompt: int = 0) -> bool:
        """Give a sequence the first `length` tokens of its prompt, and nothing else.

        They are another sequence's, if one of the same prompt has so many, or the main one's.

        Args:
            sequence: Its number.
            length: How many tokens.
            prompt: The number of its prompt.

        Returns:
            Whether that worked. Where it did not, the sequence has nothing.
        """
        self.drop(sequence)
        # From another, if one has so many: the main sequence may have gone other ways.
        source = self._having(length, prompt)
        if source is None:
            if self._main < self._longest(self._main_copy):
                # Theirs are not the main sequence's cells any more.
                self._main_copy, self._main = self._main_copy + 1, 0
            self._main = max(self._main, length)
        self._prompts[sequence] = prompt
        self._copies[sequence] = self._main_copy if source is None else self._copies[source]
        target = self.llama_id(sequence)
        cells = MAIN if source is None else self.llama_id(source)
        llama_cpp.llama_memory_seq_cp(self._memory, cells, target, 0, length)
        first = llama_cpp.llama_memory_seq_pos_min(self._memory, target)
        last = llama_cpp.llama_memory_seq_pos_max(self._memory, target)
        self._lengths[sequence] = self._shared[sequence] = length
        if (first, last) != (0, length - 1):
            self.drop(sequence)
            return False
        return True

    def holds(self, length: int, prompt: int) -> bool:
        """Whether some sequence has that many of a prompt's tokens.

        Args:
            length: How many.
            prompt: The prompt's number.
        """
        return self._having(length, prompt) is not None

    @property
    def alone(self) -> int:
        """Cells that the sequences have, those of the main sequence among them."""
        own = sum(length - self._shared[sequence] for sequence, length in self._lengths.items())
        return own + sum(map(self._longest, set(self._copies.values())))

    def _having(self, length: int, prompt: int) -> int | None:
        """A sequence that has that many of a prompt's tokens."""
        for sequence, shared in self._shared.items():
            if shared >= length and self._prompts[sequence] == prompt:
                return sequence
        return None

    def _longest(self, copy: int) -> int:
        """How many cells of an evaluation sequences have."""
        having = (other for other, its in self._copies.items() if its == copy)
        return max((self._shared.get(other, 0) for other in having), default=0)

    def grew(self, sequence: int, count: int) -> None:
        """A sequence has that many tokens more.

        Args:
            sequence: Its number.
            count: How many.
        """
        self._lengths[sequence] += count
        self.held += count

    def shrink(self, sequence: int, count: int) -> None:
        """Take a sequence's last tokens off, or all where its memory cannot be cut.

        Args:
            sequence: Its number.
            count: How many.
        """
        self._lengths[sequence] -= count
        self.held -= count
        if not self.cut(sequence):
            self.drop(sequence)

    def cut(self, sequence: int) -> bool:
        """Free what stands behind a sequence's end, as an evaluation left that was broken off."""
        cut: bool = llama_cpp.llama_memory_seq_rm(
            self._memory, self.llama_id(sequence), self._lengths.get(sequence, 0), -1
        )
        return cut

    def drop(self, sequence: int) -> None:
        """Free a sequence's cells."""
        if sequence in self._lengths:
            llama_cpp.llama_memory_seq_rm(self._memory, self.llama_id(sequence), -1, -1)
            self._remove(sequence)
            self._count()

    def drop_all(self) -> None:
        """Free the cells of all sequences."""
        for sequence in list(self._lengths):
            self.drop(sequence)

    def forget(self) -> None:
        """The whole memory was cleared."""
        for sequence in list(self._lengths):
            self._remove(sequence)
        self._count()

    def main_kept(self, length: int) -> None:
        """The main sequence was cut to `length` tokens."""
        if length < self._main:
            self._main = length
            self._count()

    def _remove(self, sequence: int) -> None:
        for found in (self._lengths, self._shared, self._prompts, self._copies):
            del found[sequence]

    def _count(self) -> None:
        self.held = self.alone - min(self._main, self._longest(self._main_copy))
