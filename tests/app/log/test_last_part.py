from pathlib import Path

from studio.app.log.last_part import last_part


def test_the_file_before_is_read_on_from_where_the_new_one_is_short(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("new\n")
    assert last_part(path) == "new\n"
    (tmp_path / "a.log.1").write_text("".join(f"old {number}\n" for number in range(1000)))
    assert last_part(path).splitlines()[-2:] == ["old 999", "new"]
    assert last_part(path, 24) == "old 998\nold 999\nnew\n", "whole lines alone"


def test_what_somebody_else_wrote_into_it_steers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"\x1b[31m \xff \xe2\x80\xae\n")
    assert last_part(path) == "\\x1b[31m \\xff \\u202e\n"


def test_where_nothing_can_be_read_there_is_nothing(tmp_path: Path) -> None:
    assert last_part(tmp_path / "none.log") == ""
    (tmp_path / "huge.log").touch()
    with (tmp_path / "huge.log").open("r+b") as file:
        file.truncate(2**23)
    assert last_part(tmp_path / "huge.log") == ""
    assert last_part(tmp_path) == ""
