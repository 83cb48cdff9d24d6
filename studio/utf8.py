"""Tokens are bytes, a text is characters: the one rule of how the ones become the other.

What is no whole character is no part of the text: neither the first half of a character that a
text ends in, nor bytes that never became one. A line ends with a line feed: a carriage return is
one, or a part of one, for a file that has carriage returns and no line feeds is read so. U+FFFD
stands in a text only where a model spelled it, or a writer typed it, or in place of what no text
file can hold: a null character, and a half of a UTF-16 pair.
"""

import codecs
import re

_UNFIT = re.compile("[\0\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")


class CharacterDecoder:
    """Decodes UTF-8 that comes in pieces, whatever their borders.

    Attributes:
        unfinished: What may yet become a character.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self.unfinished = b""
        self._after_return = False
        """Whether the last character was a carriage return: a line feed behind it is of it."""

    def decode(self, piece: bytes) -> str:
        """Take the next piece, and give the characters that end in it."""
        if not self.unfinished and piece.isascii():  # nearly all: it is done once a token
            text = piece.decode("ascii")
        else:
            text = self._decoder.decode(piece)
            self.unfinished = self._decoder.getstate()[0]
        if text and (self._after_return or "\r" in text):
            begin = int(self._after_return and text[0] == "\n")
            self._after_return = text[-1] == "\r"
            text = _LINE_END.sub("\n", text[begin:])
        return text.replace("\0", "\ufffd")


def whole_characters(data: bytes) -> str:
    """The text of all bytes of it."""
    return _LINE_END.sub("\n", data.decode("utf-8", "ignore")).replace("\0", "\ufffd")


def fit_text(text: str) -> str:
    """A text from elsewhere, with U+FFFD for each character that no text file can hold."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNFIT.sub("\ufffd", text)
