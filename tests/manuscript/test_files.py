from __future__ import annotations

import codecs
import errno
import io
import os
import socket
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.manuscript import (
    Encoding,
    ManuscriptFileError,
    Newline,
    TextFile,
    files,
    read_text_file,
    read_text_stream,
    write_text_file,
)

characters = st.characters(codec="utf-8", exclude_characters="\0")
prose = st.text(st.one_of(st.sampled_from("\r\n\u00a0\u2028\u2029\ufeff\x0c😀"), characters))


@given(prose, st.sampled_from(Encoding))
def test_what_was_not_changed_keeps_its_bytes(text: str, encoding: Encoding) -> None:
    data = encoding.mark + text.encode(encoding.codec)
    assert TextFile.of_bytes(data).to_bytes() == data


@given(prose.filter(lambda text: "\r" not in text), st.sampled_from(Encoding))
@example("\ufeffOne.\nTwo.", Encoding.UTF_8)
def test_what_is_written_is_read_again(text: str, encoding: Encoding) -> None:
    for newline in Newline:
        file = TextFile(text, newline, encoding)
        assert TextFile.of_bytes(file.to_bytes()).text == text


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"))))
def test_a_file_of_one_line_end_shows_none_of_it(lines: list[str]) -> None:
    for newline in Newline:
        data = newline.value.join(lines).encode()
        assert TextFile.of_bytes(data).text == "\n".join(lines).removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", TextFile("")),
        (b"a\nb\n", TextFile("a\nb\n")),
        (b"a\r\nb\r\n", TextFile("a\nb\n", Newline.CRLF)),
        (b"a\rb", TextFile("a\nb", Newline.CR)),
        (b"a\r\nb\nc\r", TextFile("a\r\nb\nc\r")),
        (b"a\r\r\nb", TextFile("a\r\nb", Newline.CRLF)),
        (codecs.BOM_UTF8 + "é".encode(), TextFile("é", encoding=Encoding.UTF_8_BOM)),
        (b"\xff\xfe\x3d\xd8\x00\xde", TextFile("😀", encoding=Encoding.UTF_16_LE)),
        (b"\xfe\xff\x00a\x00\r", TextFile("a\n", Newline.CR, Encoding.UTF_16_BE)),
    ],
)
def test_line_ends_and_marks_are_remembered(data: bytes, expected: TextFile) -> None:
    assert TextFile.of_bytes(data) == expected
    assert expected.to_bytes() == data


@pytest.mark.parametrize(
    ("data", "reported"),
    [
        (b"caf\xe9 au lait", "byte 0xe9 at offset 3 "),
        (codecs.BOM_UTF8 + b"ab\xff", "byte 0xff at offset 5 "),
        (b"\xff\xfea", "byte 0x61 at offset 2 "),
        (b"\xff\xfea\x00\x00\xdc", "byte 0x00 at offset 4 "),
        (b"GGUF\0\0", "byte 0x00 at offset 4 is not UTF-8 text (a null character)"),
        (b"\xfe\xff\x00a\x00\x00", "offset 4 is not UTF-16-BE text (a null character)"),
    ],
)
def test_other_encodings_and_binary_files_are_refused(
    tmp_path: Path, data: bytes, reported: str
) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(data)
    with pytest.raises(ManuscriptFileError) as caught:
        read_text_file(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert reported in message
    assert "Allowed are UTF-8" in message
    assert caught.value.path == path


def test_a_text_stream_is_read_as_a_file_is() -> None:
    file = read_text_stream(io.BytesIO(codecs.BOM_UTF8 + b"a\r\nb\r\n"), "the input")
    assert (file.text, file.newline, file.encoding) == ("a\nb\n", Newline.CRLF, Encoding.UTF_8_BOM)
    with pytest.raises(ManuscriptFileError, match=r"^the input: .*byte 0xff at offset 0"):
        read_text_stream(io.BytesIO(b"\xff"), "the input")
    with pytest.raises(ManuscriptFileError, match=r"^the input: too large"):
        read_text_stream(io.BytesIO(bytes(files.SIZE_LIMIT + 1)), "the input")


def test_a_missing_file_and_a_folder_are_distinguished(tmp_path: Path) -> None:
    with pytest.raises(ManuscriptFileError, match=r"No such file.*check the name"):
        read_text_file(tmp_path / "none.txt")
    with pytest.raises(ManuscriptFileError, match="it is a folder"):
        read_text_file(tmp_path)
    with pytest.raises(ManuscriptFileError, match="it is a folder"):
        write_text_file(tmp_path, TextFile("x"))


def test_pipes_devices_and_sockets_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(ManuscriptFileError, match="not a regular file"):
            read_text_file(path)
        with pytest.raises(ManuscriptFileError, match="not a regular file"):
            write_text_file(path, TextFile("x"))
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    plug = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(plug))
        with pytest.raises(ManuscriptFileError, match="could not be opened"):
            read_text_file(plug)


def test_files_above_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SIZE_LIMIT", 2**20)
    path = tmp_path / "long.txt"
    path.write_bytes(b"x" * 2**20)
    assert len(read_text_file(path).text) == 2**20
    path.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(ManuscriptFileError, match=r"1,048,577 bytes; allowed are 1,048,576"):
        read_text_file(path)


def test_saved_files_read_back(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    for file in (TextFile("a\nb\u00a0\u2028"), TextFile("😀\n", Newline.CRLF, Encoding.UTF_16_LE)):
        write_text_file(path, file)
        assert read_text_file(path) == file


def test_a_full_disk_is_reported_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "story.txt"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ManuscriptFileError, match=r"No space.*unchanged.*make room"):
        write_text_file(path, TextFile("new"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lone_surrogate_is_a_bug_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    with pytest.raises(UnicodeEncodeError):
        write_text_file(path, TextFile("\ud83d"))
    assert not path.exists()
