"""Which part of a file's bytes are on the disk: a download that was cut off may have holes.

Programs that fetch a file in pieces reserve its whole length first. Where a piece never came the
file system has a hole, which reads as zeros: a model of the right size that writes nonsense.
"""

import errno
import os

_MOST_PIECES = 65_536
"""Pieces that are looked at; a file in more of them is judged by these."""


def missing_bytes(descriptor: int, start: int, end: int) -> int:
    """How many bytes of a stretch of a file lie in holes.

    File systems that compress have holes for zeros as well, and copies may be made sparse: some
    zeros are in every model. Where the system cannot tell there are no holes.

    Args:
        descriptor: of a regular file; where it is read from next is changed.
        start: of the stretch, in bytes.
        end: of the stretch, at most the file's size.
    """
    if not hasattr(os, "SEEK_HOLE"):  # Windows
        return 0
    missing, at = 0, start
    try:
        for _ in range(_MOST_PIECES):
            hole = os.lseek(descriptor, at, os.SEEK_HOLE)
            if hole >= end:
                break
            try:
                at = min(os.lseek(descriptor, hole, os.SEEK_DATA), end)
            except OSError as error:
                if error.errno != errno.ENXIO:  # which says: a hole up to the end of the file
                    raise
                at = end
            missing += at - hole
            if at >= end:
                break
    except OSError:
        return missing  # this file system does not know holes
    return missing
