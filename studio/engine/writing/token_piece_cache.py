"""Which tokens have been spelled to the listener."""

import numpy as np
from numpy.typing import NDArray

from studio.engine.vocabulary import Vocabulary


class TokenPieceCache:
    """Which tokens the listener knows the bytes of, so that each is spelled once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._spelled = np.zeros(vocabulary.size, dtype=bool)

    def new_bytes(self, ids: NDArray[np.int32]) -> dict[int, bytes]:
        """The bytes of those `ids` that were never asked for before."""
        new = ids[~self._spelled[ids]]
        if not new.size:
            return {}
        self._spelled[new] = True
        return {token: self._vocabulary.name(token) for token in new.tolist()}
