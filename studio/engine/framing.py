"""Messages on a byte stream: a length of four bytes, little-endian, then msgpack."""

import re
import struct
from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from studio.engine.messages import AnyCommand, AnyEvent, Command, Event

_LENGTH = struct.Struct("<I")
MAXIMUM_FRAME = 64 * 1024 * 1024
"""Bytes. A longer frame means that something else wrote on the stream."""

USUAL_FRAME = 4 * 1024 * 1024
"""Bytes of an event that is none of `_LARGER`. An engine that a model has taken over could send
64 MiB of tiny entries, which are seconds to decode and gigabytes in memory."""
_LARGER = {b"BreakersFound": 4 * USUAL_FRAME, b"WordsFound": 4 * USUAL_FRAME}
"""Bytes of those that grow with the vocabulary."""
_MAP = rb"(?:[\x80-\x8f]|\xde..|\xdf.{4})"
_NUMBER = rb"(?:[\x00-\x7f]|\xcc.|\xcd..|\xce.{4}|\xcf.{8})"
_KIND = re.compile(_MAP + rb"\xa4type[\xa0-\xbf]([A-Z][A-Za-z]*)", re.DOTALL)
"""How a message begins, with its kind."""
_RUN_OF_IDS = re.compile(
    _MAP + rb"\xa4type\xa9Evaluated\xa7request" + _NUMBER + rb"\xa6tokens\xc6(.{4})", re.DOTALL
)
"""How one begins that has the ids of a whole prompt, with their length: one run of bytes, which
takes no time, and so does not count."""
_LONGEST_BEGINNING = 64

_encoder = msgspec.msgpack.Encoder()

Message = TypeVar("Message")


class FramingError(Exception):
    """The stream does not hold this protocol."""


def encode(message: Command | Event) -> bytes:
    """One message as a frame."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


class FrameReader(Generic[Message]):
    """Collects bytes as they come and gives each message when it is complete.

    Args:
        decoder: Makes a message of a frame's bytes.
        usual: The length above which a frame's beginning must say that its kind may be so long.
    """

    def __init__(
        self, decoder: "msgspec.msgpack.Decoder[Message]", usual: int = MAXIMUM_FRAME
    ) -> None:
        self._decoder = decoder
        self._usual = usual
        self._pending = bytearray()

    @property
    def unread(self) -> int:
        """Bytes that were taken in, and whose messages were not given yet."""
        return len(self._pending)

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take in bytes; yield the messages that they complete.

        Who does not take all of them gets the others when it feeds again, be it nothing. May be
        called again while a message that it yielded is being acted on (a dialog that the message
        opened runs the event loop, and more bytes come): no message is given twice.

        Raises:
            FramingError: the bytes are not this protocol's.
        """
        pending = self._pending
        pending += data
        while len(pending) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(pending)
            if length > MAXIMUM_FRAME:
                raise FramingError(
                    f"a frame of {length:,} bytes; at most {MAXIMUM_FRAME:,} are allowed"
                )
            end = _LENGTH.size + length
            if length > self._usual and len(pending) >= _LENGTH.size + _LONGEST_BEGINNING:
                _check_length(
                    length, bytes(pending[_LENGTH.size : _LENGTH.size + _LONGEST_BEGINNING])
                )
            if len(pending) < end:
                break
            body = bytes(memoryview(pending)[_LENGTH.size : end])
            del pending[:end]
            try:
                message = self._decoder.decode(body)
            # Text that is no UTF-8, and nesting without end, raise Python's own errors.
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise FramingError(f"a message that cannot be read: {error}") from error
            yield message


def command_reader() -> FrameReader[AnyCommand]:
    """A reader for the engine's end."""
    return FrameReader(msgspec.msgpack.Decoder(AnyCommand))


def event_reader() -> FrameReader[AnyEvent]:
    """A reader for the window's end."""
    return FrameReader(msgspec.msgpack.Decoder(AnyEvent), USUAL_FRAME)


def _check_length(length: int, beginning: bytes) -> None:
    """Refuse a long frame whose kind of message is not long.

    Raises:
        FramingError: It is none of those that may be.
    """
    kind = _KIND.match(beginning)
    most = _LARGER.get(kind[1], USUAL_FRAME) if kind else USUAL_FRAME
    if run := _RUN_OF_IDS.match(beginning):
        most += int.from_bytes(run[1], "big")
    if length > most:
        raise FramingError(f"a message of {length:,} bytes; at most {most:,} are allowed of it")
