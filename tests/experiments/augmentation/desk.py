"""An augmentation whose texts a test makes up, without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from studio.engine.messages import FinishReason
from studio.experiments.augmentation.augmentation import Augmentation
from studio.experiments.augmentation.journal import FORMAT, FORMAT_VERSION, Entry, Head, Journal
from studio.experiments.augmentation.plan import Plan, Prompts
from studio.experiments.augmentation.prompt_table import PromptTable
from studio.experiments.samples import Sample, WrittenSample
from studio.model_record import ModelRecord
from studio.presets import Preset

MODEL = ModelRecord(name="Tiny", file="Tiny-Q8_0.gguf", quantization="Q8_0", hash="sha256:ab")


class MadeUp:
    """One plan, begun anew or gone on with.

    Args:
        path: The journal.
        prompts: How many prompts there are.
        values: Of the plan.
    """

    def __init__(self, path: Path, prompts: int = 2, **values: Any) -> None:
        values = {"samples": 3, "tries": 9, "seed": 1, "presets": (Preset(name="N"),), **values}
        self.plan = Plan(**values)
        table = PromptTable([{"prompt": f"Prompt {row}"} for row in range(prompts)], "sha256:cd")
        self.prompts = Prompts(table, self.plan)
        self.entries: list[Entry] = []
        head = Head(
            format=FORMAT,
            format_version=FORMAT_VERSION,
            identity=self.plan.identity(MODEL.hash, table.fingerprint),
            seed=self.plan.seed,
            model=MODEL,
        )
        self.journal = Journal.open(path, head)
        try:
            self.made = Augmentation(self.plan, self.prompts, self.journal, self.entries.append)
        except BaseException:
            self.journal.close()
            raise

    def take(self, sample: Sample, text: str, reason: FinishReason = "end_of_text") -> None:
        """Let a sample be written so."""
        self.made.take(WrittenSample(sample, sample.params.seed, text, (), reason, 0))

    def write(self, text_of: Callable[[Sample], str], lanes: int = 3) -> list[tuple[int, ...]]:
        """Write all that is wanted, so many at once; the keys in the order begun."""
        begun: list[tuple[int, ...]] = []
        under_way: list[Sample] = []
        while True:
            while len(under_way) < lanes and (sample := self.made.next_sample()):
                begun.append(sample.key)
                under_way.append(sample)
            if not under_way:
                return begun
            # The last that began ends first.
            ended = under_way.pop()
            self.take(ended, text_of(ended))


def unlike(sample: Sample) -> str:
    """A text that no other sample has a word of."""
    return words(sample.key, 12)


def words(key: Sequence[int], count: int) -> str:
    """So many words of a sample's own."""
    return " ".join(f"w{'x'.join(map(str, key))}n{number}" for number in range(count))
