"""Kills `augment` at random points, and looks that no text is lost and none is there twice.

    python -m tests.benchmarks.augment_kills [--times 50] [--seed 1] [--model MODEL.gguf]

One data set is begun, and killed each time after a random number of texts and a random moment more,
until it was killed so often; then it is finished. Every text that was reported on its output must
be in the journal, and every row among the rows, once, and each prompt must have all its rows. When
a data set is whole before that, another is begun.
"""

import argparse
import random
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.helpers.augment_runs import Augment, reported, what_is_wrong
from tests.helpers.tiny_model import write_byte_level_model

_PROMPTS, _ROWS = 10, 60


def main() -> int:
    """Kill, and report; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, help="default: a tiny one")
    given = parser.parse_args()
    draws, folder = random.Random(given.seed), Path(tempfile.mkdtemp(prefix="augment-kills-"))
    model = given.model or write_byte_level_model(folder / "tiny.gguf")
    prompts = folder / "prompts.txt"
    prompts.write_text("".join(f"Prompt {number}:\n" for number in range(_PROMPTS)))
    failures: list[str] = []
    killed = whole = 0
    while killed < given.times:
        place = folder / f"set-{whole}"
        place.mkdir()
        augment = Augment(
            place, "--model", str(model), "--prompts", str(prompts), "--samples", str(_ROWS),
            "-n", "40", "--seed", str(whole), "--ignore-eos", "--duplicates", "mark",
        )  # fmt: skip
        known: list[dict[str, Any]] = []
        while killed < given.times:
            lines, status = augment.end_after(draws.randrange(60), signal.SIGKILL)
            known += reported(lines)
            killed += 1
            print(f"{killed:4} killed with {len(known)} texts reported", flush=True)
            if status == 0 or len(known) >= _PROMPTS * _ROWS:
                break
        done = augment.run()
        known += reported(done.stdout.splitlines(keepends=True))
        if done.returncode:
            failures.append(done.stderr)
        failures += what_is_wrong(augment, known, _PROMPTS * _ROWS)
        whole += 1
    print(
        f"seed {given.seed}: {killed} kills, {whole} data sets finished, {len(failures)} failures"
    )
    for failure in failures:
        print(f"FAILED {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
