"""Tries each built-in preset on the starter model, with three prompts of its task.

    .venv/bin/python packaging/try_presets.py [NAME...]

What its notes say was seen is what this prints; after a change of a preset's values, or of the
sampling, run it again, read, and write what is true now.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEED = 11
MAX_TOKENS = 60

PROMPTS: dict[str, tuple[str, ...]] = {
    "Code": (
        'def fibonacci(n: int) -> int:\n    """Return the n-th Fibonacci number."""\n',
        "def load_settings(path: str) -> dict:\n    with open(path) as file:\n",
        "SELECT name, email FROM customers WHERE",
    ),
    "Creative writing": (
        "The old fisherman looked out over the",
        "The house had been empty for nine winters when",
        "Rain on a tin roof,",
    ),
    "Customer support": (
        "I forgot my password and the reset e-mail never comes. What can I do?",
        "My parcel was due on Monday and it is Thursday. Where is it?",
        "You charged my card twice for one order.",
    ),
    "Data augmentation": (
        "The weather in Lisbon is lovely today. In other words:",
        "The battery lasts two days and the screen is bright. In other words:",
        "How do I get to the station? In other words:",
    ),
    "Neutral": (
        "The old fisherman looked out over the",
        "The house had been empty for nine winters when",
        "Water boils at",
    ),
    "Greedy": (
        "The old fisherman looked out over the",
        "The house had been empty for nine winters when",
        "Water boils at",
    ),
}
"""Texts to continue; for customer support what the customer writes, which is the brief."""


def tried(name: str, text: str) -> str:
    """What the preset makes of one of them."""
    is_brief = name == "Customer support"
    given = ["--brief", text, "--prompt", ""] if is_brief else ["--prompt", text]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "studio", "generate", "--preset", name, *given),
            *("--seed", str(SEED), "--max-tokens", str(MAX_TOKENS)),
        ],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def main(names: list[str]) -> int:
    """Print all of it; the exit status."""
    for name in names or PROMPTS:
        for text in PROMPTS[name]:
            print(f"=== {name}: {text}\n{tried(name, text)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
