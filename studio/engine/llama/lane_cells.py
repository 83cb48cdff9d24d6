"""Which cells of a context's memory belong to lanes: shared prompts, and what each lane wrote.

With unified KV a cell may belong to several sequences: a prompt evaluated once is every lane's, by
`llama_memory_seq_cp`, and only what a lane writes takes cells of its own. Counts them, so that one
knows what is free.
"""

import llama_cpp

MAIN, SCRATCH = 0, 1
"""Sequence ids: the manuscript, and a look into its middle that leaves the rest evaluated."""

_FIRST = 2
"""The sequence of lane 0."""


class LaneCells:
    """The lanes' sequences in one memory.

    Args:
        memory: of a context with unified KV and room for the lanes' sequences.
    """

    def __init__(self, memory: llama_cpp.llama_memory_t) -> None:
        self._memory = memory
        self._lengths: dict[int, int] = {}
        self._shared: dict[int, int] = {}
        """How many of each lane's cells are the prompt's: they are other lanes' too."""
        self._main = 0
        """How many of the prompt's cells are the main sequence's too."""
        self.held = 0
        """Cells that the main sequence does not have."""

    @staticmethod
    def sequence(lane: int) -> int:
        """The llama.cpp sequence of a lane."""
        return _FIRST + lane

    def length(self, lane: int) -> int:
        """Tokens of a lane, the prompt's among them; 0 where it has no cells, or lost them."""
        return self._lengths.get(lane, 0)

    def share(self, lane: int, length: int) -> bool:
        """Give a lane the first `length` tokens of the main sequence, and nothing else.

        Args:
            lane: Its number.
            length: How many tokens.

        Returns:
            Whether that worked. Where it did not, the lane has nothing.
        """
        self.drop(lane)
        # From another lane, if one has so many: the main sequence may have gone other ways.
        having = (other for other, shared in self._shared.items() if shared >= length)
        source = next(having, None)
        if source is None:
            if self._shared and self._main < max(self._shared.values()):
                self.drop_all()  # theirs are not the main sequence's cells any more
            self._main = length
        target = self.sequence(lane)
        cells = MAIN if source is None else self.sequence(source)
        llama_cpp.llama_memory_seq_cp(self._memory, cells, target, 0, length)
        first = llama_cpp.llama_memory_seq_pos_min(self._memory, target)
        last = llama_cpp.llama_memory_seq_pos_max(self._memory, target)
        self._lengths[lane] = self._shared[lane] = length
        if (first, last) != (0, length - 1):
            self.drop(lane)
            return False
        return True

    def holds(self, length: int) -> bool:
        """Whether some lane has that many of the prompt's tokens."""
        return any(shared >= length for shared in self._shared.values())

    def grew(self, lane: int, count: int) -> None:
        """A lane has that many tokens more.

        Args:
            lane: Its number.
            count: How many.
        """
        self._lengths[lane] += count
        self.held += count

    def shrink(self, lane: int, count: int) -> None:
        """Take a lane's last tokens off, or all where its memory cannot be cut.

        Args:
            lane: Its number.
            count: How many.
        """
        self._lengths[lane] -= count
        self.held -= count
        if not self.cut(lane):
            self.drop(lane)

    def cut(self, lane: int) -> bool:
        """Free what stands behind a lane's end, such as an evaluation left that was broken off."""
        cut: bool = llama_cpp.llama_memory_seq_rm(
            self._memory, self.sequence(lane), self._lengths.get(lane, 0), -1
        )
        return cut

    def drop(self, lane: int) -> None:
        """Free a lane's cells."""
        if lane in self._lengths:
            llama_cpp.llama_memory_seq_rm(self._memory, self.sequence(lane), -1, -1)
            del self._lengths[lane], self._shared[lane]
            self._count()

    def drop_all(self) -> None:
        """Free the cells of all lanes."""
        for lane in list(self._lengths):
            self.drop(lane)

    def forget(self) -> None:
        """The whole memory was cleared."""
        self._lengths.clear()
        self._shared.clear()
        self._count()

    def main_kept(self, length: int) -> None:
        """The main sequence was cut to `length` tokens."""
        if length < self._main:
            self._main = length
            self._count()

    def _count(self) -> None:
        own = sum(length - self._shared[lane] for lane, length in self._lengths.items())
        self.held = own + max(0, max(self._shared.values(), default=0) - self._main)
