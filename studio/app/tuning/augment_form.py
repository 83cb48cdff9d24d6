"""What the form of an augmentation says, as a plan."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import NamedTuple

import msgspec

from studio.engine.messages import Prompt
from studio.experiments.augmentation.plan import Duplicates, Plan, Screen, temperatures_of
from studio.experiments.augmentation.prompt_table import PLAIN_FIELD, PromptTable, read_prompts
from studio.presets import Preset
from studio.sampling import MAX_SEED

_TRIES = 4
"""So many times the rows of a prompt are written for it, if so many are dropped."""
_TEXT, _BRIEF = PLAIN_FIELD, "brief"


class AugmentForm(NamedTuple):
    """What was chosen.

    Attributes:
        prompt: The text in front, up to the caret.
        file: A file of prompts instead; None for the text.
        template: The text that a prompt of the file stands in.
        preset: The settings in force.
        temperatures: As typed: see `temperatures_of`.
        samples: Rows for each prompt.
        duplicates: What becomes of those.
    """

    prompt: Prompt
    file: Path | None
    template: str
    preset: Preset
    temperatures: str
    samples: int
    duplicates: Duplicates

    def table(self) -> PromptTable:
        """The prompts; a file's are read.

        Raises:
            AugmentationError: The file is none.
        """
        if self.file is not None:
            return read_prompts(self.file)
        row = {_TEXT: self.prompt.manuscript, _BRIEF: self.prompt.brief}
        made = hashlib.sha256(msgspec.json.encode(row)).hexdigest()
        return PromptTable([row], f"sha256:{made}")

    def plan(self, seed: int | None) -> Plan:
        """The plan.

        Args:
            seed: Of the data set that it goes on with; None for a new one, which has the seed in
                force, if there is one.

        Raises:
            AugmentationError: The temperatures are none.
        """
        is_file = self.file is not None
        brief = f"{{{_BRIEF}}}"
        if is_file:
            brief = self.prompt.brief.replace("{", "{{").replace("}", "}}")
        if seed is None:
            own = self.preset.sampling.seed
            seed = own if own >= 0 else secrets.randbelow(MAX_SEED + 1)
        sampling = msgspec.structs.replace(self.preset.sampling, seed=-1)
        return Plan(
            samples=self.samples,
            tries=_TRIES * self.samples,
            seed=seed,
            presets=(msgspec.structs.replace(self.preset, sampling=sampling),),
            temperatures=temperatures_of(self.temperatures),
            template=self.template if is_file else f"{{{_TEXT}}}",
            brief=brief,
            screen=Screen(duplicates=self.duplicates),
        )
