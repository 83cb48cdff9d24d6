"""Which tokens have been spelled to the listener."""

import numpy as np
from numpy.typing import NDArray

from studio.engine.llama.vocabulary import Vocabulary


class TokenPieceCache:
    """Which tokens' bytes the listener has been told, so that each is spelled once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._told = np.zeros(vocabulary.size, dtype=bool)

    def new_bytes(self, ids: NDArray[np.int32]) -> dict[int, bytes]:
        """The bytes of those `ids` that were never asked for before."""
        new = ids[~self._told[ids]]
        if not new.size:
            return {}
        self._told[new] = True
        return {token: self._vocabulary.name(token) for token in new.tolist()}
