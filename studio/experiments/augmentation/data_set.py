"""A data set on the disk: its rows, and what lies beside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from studio.experiments.augmentation.augmentation import Augmentation
from studio.experiments.augmentation.card import CardFigures, card, write_card
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.journal import (
    FORMAT,
    FORMAT_VERSION,
    Entry,
    Head,
    Journal,
    Sync,
    found_head,
)
from studio.experiments.augmentation.plan import Plan, Prompts
from studio.experiments.augmentation.prompt_table import PromptTable
from studio.experiments.augmentation.rows import write_rows, writer_of
from studio.model_record import ModelRecord
from studio.translation import tr
from studio.visible_text import visible_path


class DataSet:
    """One that is begun, or gone on with. Close it.

    Args:
        out: The rows' file.
        plan: What is wanted.
        table: The prompts.
        model: Who writes, with its fingerprint.
        on_entry: Is called with each sample that is new.
        sync: Flushes the journal to the disk.

    Attributes:
        out: The rows' file.
        prompts: The prompts, as the model is given them.
        journal: All samples.
        made: What there is so far.

    Raises:
        AugmentationError: Prompts, plan and files do not go together.
        OSError: The system failed.
    """

    def __init__(
        self,
        out: Path,
        plan: Plan,
        table: PromptTable,
        model: ModelRecord,
        on_entry: Callable[[Entry], object],
        sync: Sync = os.fsync,
    ) -> None:
        self.out = out
        self.prompts = Prompts(table, plan)
        self._plan = plan
        head = Head(
            format=FORMAT,
            format_version=FORMAT_VERSION,
            identity=plan.identity(model.hash or model.name, table.fingerprint),
            seed=plan.seed,
            model=model,
        )
        self.journal = Journal.open(journal_of(out), head, sync)
        try:
            self.made = Augmentation(plan, self.prompts, self.journal, on_entry)
        except BaseException:
            self.journal.close()
            raise

    def write(self) -> Path:
        """Write the rows that there are, and their card; where that is.

        Raises:
            OSError: The system failed.
        """
        figures = CardFigures()
        write_rows(self.out, figures.seen(self.made.finished_rows()))
        count = len(self.prompts)
        text = card(self.journal.head, self._plan, self.out.name, self.made, figures, count)
        return write_card(self.out, text)

    def close(self) -> None:
        """Let another process have it."""
        self.journal.close()


def journal_of(out: Path) -> Path:
    """Where the samples of a data set are kept.

    Args:
        out: The rows' file.
    """
    return out.with_name(f"{out.name}.journal")


def begun_seed(out: Path) -> int | None:
    """The seed of a data set that was begun; None for one that is new.

    Args:
        out: The rows' file.

    Raises:
        AugmentationError: Its name says no form of rows, it is there and not a data set's, or it
            has no folder.
        OSError: The system failed.
    """
    writer_of(out)
    if not out.parent.is_dir():
        raise AugmentationError(tr("“{folder}” is not a folder", folder=visible_path(out.parent)))
    head = found_head(journal_of(out))
    if head is None and out.exists():
        words = tr("“{name}” is there already, and not from here", name=visible_path(out))
        raise AugmentationError(words)
    return head.seed if head else None
