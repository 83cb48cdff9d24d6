"""`python -m tests.soak --minutes N --seed S`: random use of the real window, watched.

Compiles the modules first, prints each step as it is done, then what was found. Ends with status 1
where something was.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.soak.desk import Desk
from tests.soak.figures import Sample
from tests.soak.run import Report, Soak
from tests.soak.stalls import LIMIT, reported


def main() -> int:
    """Soak, and report; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long (default: 2)")
    parser.add_argument("--seed", type=int, default=1, help="settles what is done (default: 1)")
    parser.add_argument("--keep", action="store_true", help="leave the folder that it worked in")
    given = parser.parse_args()
    desk = Desk(Path(tempfile.mkdtemp(prefix="soak-")))
    report = Soak(given.seed, desk, lambda line: print(line, flush=True)).run(given.minutes)
    if given.keep:
        print(f"\nAll of it is in {desk.folder}")
    else:
        desk.clear()
    long = [stall for stall in report.stalls if stall["seconds"] - stall["waited"] > LIMIT]
    print(_summary(report, given.minutes, given.seed, len(long)))
    for stall in sorted(long, key=lambda stall: -stall["seconds"])[:20]:
        print(f"\nstep {stall['step']} {stall['name']}: {reported(stall)}")
        print("\n".join(f"  {call}" for call in stall["stack"]))
    for failure in report.failures:
        print(f"FAILED {failure}")
    return 1 if report.failures or long else 0


def _summary(report: Report, minutes: float, seed: int, long: int) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in report.steps.most_common())
    lines = [
        f"\nseed {seed}, {minutes:g} minutes: {report.steps.total()} steps ({counts})",
        f"{report.kills} windows killed, {report.restored} texts offered again, at most "
        f"{report.lost:.1f} s of writing lost by one",
        f"{long} stalls above {LIMIT * 1000:.0f} ms of the program's own; "
        f"{len(report.stalls) - long} more while others had the processor",
        *_of_windows(report.samples),
        f"{len(report.failures)} failures",
    ]
    return "\n".join(lines)


def _of_windows(samples: list[Sample]) -> list[str]:
    lines = []
    for number in sorted({sample.window for sample in samples}):
        own = [sample for sample in samples if sample.window == number]
        lines.append(
            f"window {number}: {own[-1].at - own[0].at:.0f} s, {own[0].mib:.0f} MiB at first, "
            f"{max(sample.mib for sample in own):.0f} at most, {own[-1].mib:.0f} at last; "
            f"at most {max(sample.fds for sample in own)} descriptors, "
            f"{max(sample.threads for sample in own)} threads, "
            f"{max(sample.children for sample in own)} children"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
