"""llama.cpp's batches, filled through arrays."""

from collections.abc import Sequence

import llama_cpp
import numpy as np


class Batch:
    """Tokens to evaluate together: some of one sequence, or one of each of several.

    Args:
        room: how many it can hold.
        most_sequences: how many sequences it may hold a token of each of.
    """

    def __init__(self, room: int, most_sequences: int) -> None:
        self.value = llama_cpp.llama_batch_init(room, 0, 1)
        # Set through arrays: each look at a field of a ctypes structure makes an object.
        self._tokens = np.ctypeslib.as_array(self.value.token, (room,))
        self._positions = np.ctypeslib.as_array(self.value.pos, (room,))
        self._wanted = np.ctypeslib.as_array(self.value.logits, (room,))
        self._sequences = [
            np.ctypeslib.as_array(self.value.seq_id[row], (1,))
            for row in range(min(room, most_sequences))
        ]
        np.ctypeslib.as_array(self.value.n_seq_id, (room,))[:] = 1

    def put(self, tokens: list[int], position: int, sequence: int, wanted: int = 1) -> None:
        """Hold tokens that follow one another.

        Args:
            tokens: at least one, at most `room`.
            position: the first one's place in the sequence.
            sequence: the id of the sequence.
            wanted: after how many of the last of them the logits are wanted.
        """
        count = len(tokens)
        self.value.n_tokens = count
        self._tokens[:count] = tokens
        self._positions[:count] = np.arange(position, position + count)
        self._wanted[:count] = 0
        self._wanted[max(0, count - wanted) : count] = 1
        for row in range(count):
            self.value.seq_id[row][0] = sequence

    def put_each(
        self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int]
    ) -> None:
        """Hold one token of each of several sequences; the logits after each are wanted.

        Args:
            tokens: at most `most_sequences`.
            positions: each one's place in its sequence.
            sequences: the ids of the sequences.
        """
        count = len(tokens)
        self.value.n_tokens = count
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._wanted[:count] = 1
        for row, sequence in enumerate(sequences):
            self._sequences[row][0] = sequence

    def free(self) -> None:
        """Give its memory back."""
        llama_cpp.llama_batch_free(self.value)


class SingleToken:
    """A batch of the one token that a sequence grows by; only token and position ever change.

    Args:
        sequence: the id of the sequence.
    """

    def __init__(self, sequence: int) -> None:
        self.value = llama_cpp.llama_batch_init(1, 0, 1)
        self.value.n_tokens = self.value.n_seq_id[0] = self.value.logits[0] = 1
        self.value.seq_id[0][0] = sequence
        self._token = np.ctypeslib.as_array(self.value.token, (1,))
        self._position = np.ctypeslib.as_array(self.value.pos, (1,))

    def put(self, token: int, position: int) -> None:
        """Hold another token.

        Args:
            token: Its id.
            position: Where it stands in its sequence.
        """
        self._token[0] = token
        self._position[0] = position

    def free(self) -> None:
        """Give its memory back."""
        llama_cpp.llama_batch_free(self.value)
