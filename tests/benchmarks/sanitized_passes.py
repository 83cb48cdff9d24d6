"""The passes in C under the compiler's sanitizers, on logits of all shapes.

`python -m tests.benchmarks.sanitized_passes [ROUNDS]`, with gcc. Compiles `kernels.c` into a
temporary folder with the address and undefined-behaviour sanitizers, without a copy for each kind
of processor, and has a Python that is started with them do what a token costs: its statistics, a
draw with several settings, a sketch; for many sizes, also such as no block or row divides.
Ends with 1 at the first access out of bounds or undefined operation, which gcc's own words say.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "studio" / "sampling" / "logits" / "kernels.c"
SIZES = (1024, 1025, 1087, 2047, 5003, 8192, 32_000, 49_152, 50_257, 128_256, 300_001)
SANITIZED = (
    *("-std=c11", "-O1", "-g", "-shared", "-fPIC", "-fopenmp-simd", "-fno-math-errno"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DKELVIN_ONE_PROCESSOR"),
)


def main(arguments: list[str]) -> int:
    """Compile, and start the rounds in a process of their own."""
    rounds = arguments[0] if arguments else "1"
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "sanitized.so"
        subprocess.run(["gcc", *SANITIZED, str(SOURCE), "-o", str(library), "-lm"], check=True)
        runtime = subprocess.run(
            ["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
        ).stdout.strip()
        # Python's own allocator would hide an array's end from the sanitizer, and Python itself
        # leaves memory behind when it ends.
        environment = {
            **os.environ,
            "LD_PRELOAD": runtime,
            "ASAN_OPTIONS": "detect_leaks=0",
            "PYTHONMALLOC": "malloc",
        }
        command = [sys.executable, "-m", "tests.benchmarks.sanitized_passes"]
        done = subprocess.run(
            [*command, "--in-process", str(library), rounds], cwd=ROOT, env=environment, check=False
        )
    return 1 if done.returncode else 0


def take_rounds(library: Path, rounds: int) -> int:
    """Have each shape of each size go through all passes; return how many vectors that were."""
    from studio.sampling import LogitSketch, LogitStatistics, SamplingParams, choose
    from studio.sampling.logits import kernels
    from tests.sampling.test_any_shape import SHAPES

    kernels.use(library)
    settings = (
        SamplingParams(temperature=0.8),
        SamplingParams(temperature=1.7, top_p=0.97),
        SamplingParams(temperature=0.8, top_p=0.95, min_p=0.05),
        SamplingParams(temperature=1.0, typical_p=0.9),
        SamplingParams(temperature=0.9, repeat_penalty=1.3, xtc_probability=1.0),
    )
    vectors = 0
    for turn in range(rounds):
        for size in SIZES:
            for number, shape in enumerate(SHAPES):
                rng = np.random.default_rng((turn, size, number))
                # On its own in memory: what is read past its end is found.
                logits = shape(rng, size).astype(np.float32)
                for params in settings:
                    statistics = LogitStatistics(logits)
                    choose(statistics.ranking, params, range(0, size, 97), float(rng.random()))
                LogitSketch.of_statistics(statistics, None).to_bytes()
                vectors += 1
    return vectors


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in-process"]:
        found = take_rounds(Path(sys.argv[2]), int(sys.argv[3]))
        print(f"{found} vectors, nothing out of bounds, nothing undefined")
    else:
        sys.exit(main(sys.argv[1:]))
