"""Larger pages: which memory is asked for, and that the kernel gives them."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from studio.engine.llama import huge_pages
from studio.engine.llama.huge_pages import Range, ranges_of_whole_pages

MAPS = """\
00400000-00600000 r-xp 00000000 fe:01 1234   /usr/bin/python3.11
00a00000-00f00000 rw-p 00600000 fe:01 1234   /usr/bin/python3.11
01000000-01800000 rw-p 00000000 00:00 0      [heap]
7f0000001000-7f0000900000 rw-p 00000000 00:00 0
7f1000000000-7f1000200000 rw-p 00000000 00:00 0
7f2000100000-7f2000300000 rw-p 00000000 00:00 0
7f3000000000-7f3010000000 rw-s 00000000 00:01 77   /dev/shm/shared
7f4000000000-7f4000400000 r--p 00000000 fe:01 99   /models/a model.gguf
7f5000000000-7f5000400000 ---p 00000000 00:00 0
7ffd00000000-7ffd00400000 rw-p 00000000 00:00 0      [stack]
"""

IN_HUGE_PAGES = """
import ctypes, mmap, pathlib, re, sys
from studio.engine.llama.huge_pages import ask_for_huge_pages

memory = mmap.mmap(-1, 16 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_NOHUGEPAGE)  # small pages, whatever the system's setting
for place in range(0, len(memory), 4096):
    memory[place] = place // 4096 % 251
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))

def huge():
    inside, found = False, 0
    for line in pathlib.Path("/proc/self/smaps").read_text().splitlines():
        if addresses := re.match("([0-9a-f]+)-([0-9a-f]+) ", line):
            first, last = (int(address, 16) for address in addresses.groups())
            inside = first < start + len(memory) and last > start
        elif inside and line.startswith("AnonHugePages:"):
            found += int(line.split()[1]) << 10
    return found

before = huge()
ask_for_huge_pages(lambda: False)
assert huge() == before, "none where it is to go no further"
ask_for_huge_pages()
assert all(memory[place] == place // 4096 % 251 for place in range(0, len(memory), 4096))
print(before, huge())
"""


def exchanges_pages_at_once() -> bool:
    """Whether this is Linux 6.1 or later, in which small pages can be exchanged for a large one."""
    version = re.match(r"(\d+)\.(\d+)", platform.release())
    return (
        huge_pages._are_given() and version is not None and (*map(int, version.groups()),) >= (6, 1)
    )


def test_only_memory_of_ones_own_in_whole_pages_smallest_first() -> None:
    assert list(ranges_of_whole_pages(MAPS)) == [
        Range(0x7F1000000000, 0x7F1000200000),
        Range(0x7F0000200000, 0x7F0000800000),
        Range(0x01000000, 0x01800000),
    ]


@pytest.mark.skipif(not exchanges_pages_at_once(), reason="this system gives no pages of 2 MiB")
def test_memory_in_use_is_held_in_huge_pages_and_unchanged() -> None:
    run = subprocess.run(
        [sys.executable, "-c", IN_HUGE_PAGES], capture_output=True, text=True, check=True
    )
    before, after = map(int, run.stdout.split())
    assert before == 0
    # The kernel may have none left for some of it; that is no fault of ours.
    assert after > 0


@pytest.mark.parametrize(
    ("enabled", "size"),
    [("always madvise [never]", "2097152"), ("always [madvise] never", "33554432"), ("", "many")],
)
def test_a_system_that_gives_none_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, enabled: str, size: str
) -> None:
    (tmp_path / "enabled").write_text(enabled)
    (tmp_path / "hpage_pmd_size").write_text(size)
    monkeypatch.setattr(huge_pages, "_SETTINGS", tmp_path)
    assert huge_pages.ask_for_huge_pages() == 0


def test_a_process_that_may_not_look_at_itself_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "enabled").write_text("[always] madvise never")
    (tmp_path / "hpage_pmd_size").write_text("2097152")
    monkeypatch.setattr(huge_pages, "_SETTINGS", tmp_path)
    monkeypatch.setattr(huge_pages, "_MAPS", tmp_path / "none")
    assert huge_pages.ask_for_huge_pages() == 0


def test_a_system_without_the_setting_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(huge_pages, "_SETTINGS", tmp_path / "none")
    assert huge_pages.ask_for_huge_pages() == 0
