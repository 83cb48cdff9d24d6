"""Reads what nobody would write, for minutes: `python -m tests.fuzz TARGET --minutes N --seed S`.

Inputs that reach new lines, or of which something new is said, are changed further. An input that
raises anything but the reader's own error, takes longer than ten seconds or more than a GiB of
memory is a finding: it is kept, reported with its traceback, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from types import FrameType

import psutil

from tests.fuzz.mutation import mutated
from tests.fuzz.reached import ReachedLines
from tests.fuzz.target import MODULES, Target, make_target

LONGEST_SECONDS = 10
MEMORY = 1 << 30
"""Bytes that an input may take beside what the process has."""
_MOST_FINDINGS = 50


class TooSlow(BaseException):
    """An input took longer than `LONGEST_SECONDS`. No reader may catch it."""


def main() -> int:
    """Fuzz one target; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(MODULES))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=0, help="end after so many; 0: by the clock")
    parser.add_argument("--findings", type=Path, help="where inputs that fail are kept")
    arguments = parser.parse_args()
    findings = arguments.findings or Path(tempfile.mkdtemp(prefix="fuzz-findings-"))
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        target = make_target(arguments.target, Path(folder))
        with limited_memory():
            figures = fuzz(
                target, arguments.minutes * 60, arguments.seed, arguments.cases, findings
            )
    print(json.dumps({"target": arguments.target, "seed": arguments.seed, **figures}, indent=2))
    if figures["findings"]:
        print(f"The inputs are in {findings}.", file=sys.stderr)
    return 1 if figures["findings"] else 0


def fuzz(
    target: Target, seconds: float, seed: int, cases: int, findings: Path
) -> dict[str, object]:
    """Try inputs until the time is over.

    Args:
        target: What reads them.
        seconds: How long; without end where `cases` is given.
        seed: Of everything random.
        cases: How many; 0 = as many as there is time for.
        findings: Folder for inputs that fail.
    """
    random = Random(seed)
    corpus = list(target.seeds)
    lines = ReachedLines(target.watched)
    said: Counter[str] = Counter()
    failed: dict[str, str] = {}
    started = time.monotonic()
    done = 0
    slowest = 0.0
    while len(failed) < _MOST_FINDINGS:
        if done >= cases if cases else time.monotonic() - started >= seconds:
            break
        # The sound ones first, as they are.
        data = corpus[done] if done < len(target.seeds) else _next(random, target, corpus)
        done += 1
        begun = time.monotonic()
        try:
            with time_limit():
                answer, is_new = lines.watch(partial(target.check, data))
        except KeyboardInterrupt:
            break
        except BaseException as error:
            what = _where(error)
            if what not in failed:
                failed[what] = f"{type(error).__name__}: {error}"[:300]
                name = hashlib.sha256(data).hexdigest()[:16]
                (findings / name).write_bytes(data)
                print(f"--- {what} ({name}, {len(data):,} bytes)", file=sys.stderr)
                traceback.print_exception(error, limit=-6)
            continue
        slowest = max(slowest, time.monotonic() - begun)
        if (is_new or answer not in said) and done > len(target.seeds):
            corpus.append(data)
        said[answer] += 1
    passed = time.monotonic() - started
    return {
        "cases": done,
        "seconds": round(passed),
        "cases_per_second": round(done / max(passed, 0.001)),
        "slowest_ms": round(slowest * 1000),
        "lines": lines.count,
        "kinds_of_outcome": len(said),
        "corpus": len(corpus),
        "findings": failed,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "commonest": dict(said.most_common(5)),
    }


def _next(random: Random, target: Target, corpus: list[bytes]) -> bytes:
    if target.absurd is not None and random.random() < 0.3:
        return target.absurd(random)
    # Half of them from what was found last: that is where something new begins.
    base = corpus[-20:] if random.random() < 0.5 else corpus
    return mutated(random, base, target.words)


def _where(error: BaseException) -> str:
    """The kind of an error and the last line of ours that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/studio/" in frame.filename.replace("\\", "/")]
    last = (ours or frames)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


@contextlib.contextmanager
def time_limit() -> Iterator[None]:
    """Raise `TooSlow` in what takes too long."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"more than {LONGEST_SECONDS} seconds")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def limited_memory() -> Iterator[None]:
    """What takes too much memory gets a MemoryError, which is a finding."""
    former = resource.getrlimit(resource.RLIMIT_AS)
    limit = psutil.Process().memory_info().vms + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, former)


if __name__ == "__main__":
    raise SystemExit(main())
