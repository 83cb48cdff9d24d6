"""Five kills of the real window, as `python -m tests.benchmarks.kills` has two hundred of them."""

from pathlib import Path

import pytest

from tests.benchmarks.kills import Kills

TIMES = 5


@pytest.mark.timeout(600)
def test_what_was_written_comes_back_after_each_of_five_kills(tmp_path: Path) -> None:
    lines: list[str] = []
    report = Kills(2, tmp_path, lines.append).run(TIMES)
    log = "\n".join(lines)
    assert report.failures == [], log
    assert report.kills.total() == TIMES, log
    assert len(report.lost) >= TIMES, log
    assert report.offered > 0, log
