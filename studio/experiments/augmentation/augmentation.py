"""Asks for samples until each prompt has its rows, judges each, and keeps all of them."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterator

import msgspec

from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.journal import ROWS, Choice, Entry, Journal, Verdict
from studio.experiments.augmentation.plan import Plan, Prompts
from studio.experiments.augmentation.rows import Row
from studio.experiments.augmentation.sample_index import SampleIndex
from studio.experiments.augmentation.text_screen import TextScreen
from studio.experiments.samples import Sample, WrittenSample
from studio.experiments.text_measures.nearest_texts import NearestTexts, TextTrace
from studio.sampling import InverseTemperature
from studio.translation import tr

_DUPLICATES: dict[Verdict, str] = {
    "duplicate": "exact",
    "near_duplicate": "near",
    # Taken by hand:
    "dropped_duplicate": "exact",
    "dropped_near_duplicate": "near",
}


class _Prompt(msgspec.Struct):
    """How far a prompt is."""

    rows: int = 0
    under_way: int = 0
    kept: int = 0
    """Samples that are in the journal."""
    next: int = 0
    """No sample before this one is to be written."""
    ahead: set[int] = msgspec.field(default_factory=set)
    """Those from there on that are in the journal."""

    def has(self, sample: int) -> bool:
        """Whether a sample is in the journal, or under way."""
        return sample < self.next or sample in self.ahead

    def keep(self, sample: int) -> None:
        """A sample is in the journal."""
        self.kept += 1
        if sample >= self.next:
            self.ahead.add(sample)
            while self.next in self.ahead:
                self.ahead.remove(self.next)
                self.next += 1


class Augmentation:
    """One data set, as it comes to be.

    What a kill takes is what was under way: each sample is in the journal before it counts. Two
    runs of one plan write the same samples; which of two near duplicates is the row follows from
    which one ended first.

    Args:
        plan: What is wanted.
        prompts: The prompts.
        journal: Has what was written before, and takes what is written.
        on_entry: Is called with each sample that is new.

    Attributes:
        verdicts: How many samples had each.
        tokens: How many all samples together have.

    Raises:
        AugmentationError: The journal has a line that is none, or the plan's patterns are none.
        OSError: The journal cannot be read.
    """

    def __init__(
        self,
        plan: Plan,
        prompts: Prompts,
        journal: Journal,
        on_entry: Callable[[Entry], object] = lambda _entry: None,
    ) -> None:
        self.verdicts: Counter[Verdict] = Counter()
        self.tokens = 0
        self._plan = plan
        self._prompts = prompts
        self._journal = journal
        self._on_entry = on_entry
        self._screen = TextScreen(plan.screen)
        self._texts = NearestTexts()
        self._samples = SampleIndex()
        """Those in the journal; of each row its place in `_texts`."""
        self._states = [_Prompt() for _ in range(len(prompts))]
        self._row = 0
        """No prompt before this one wants a sample that was not asked for in `_again`."""
        self._again: deque[int] = deque()
        """Prompts of which a sample was no row."""
        for place, entry in journal.entries():
            is_prompt = entry.row < len(self._states)
            is_there = is_prompt and self._states[entry.row].has(entry.sample)
            if not is_prompt or is_there == isinstance(entry, Entry):
                words = tr(
                    "the journal has sample {id} twice, or for no prompt; choose another output",
                    id=f"{entry.row}-{entry.sample}",
                )
                raise AugmentationError(words)
            if isinstance(entry, Choice):
                self._choose(entry)
            else:
                self._count(entry, place, self._texts.trace(entry.text))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._samples.rows

    @property
    def wanted(self) -> int:
        """How many rows there are to be."""
        return self._plan.samples * len(self._prompts)

    @property
    def short(self) -> int:
        """How many prompts have not all their rows."""
        return sum(one.rows < self._plan.samples for one in self._states)

    def next_sample(self) -> Sample | None:
        """The next that is to be written; None for none now."""
        while self._again:
            row = self._again.popleft()
            if self._wants(row):
                return self._begin(row)
        while self._row < len(self._states):
            if self._wants(self._row):
                return self._begin(self._row)
            self._row += 1
        return None

    def take(self, written: WrittenSample) -> None:
        """Judge a sample that was written, and keep it.

        Raises:
            OSError: The journal cannot be written.
        """
        row, number = written.sample.key
        self._states[row].under_way -= 1
        trace = self._texts.trace(written.text)
        entry = Entry(
            row=row,
            sample=number,
            verdict=self._verdict(written, trace),
            text=written.text,
            temperature=_finite(written.temperature.temperature),
            seed=written.seed,
            preset=self._plan.preset_name(number),
            logprob_t1=written.log_probability_t1,
            logprob_t=written.log_probability_t,
            tokens=written.tokens,
            reason=written.reason,
            unseen_characters=written.unseen_characters,
        )
        self._count(entry, self._journal.append(entry), trace)
        if entry.verdict not in ROWS:
            self._again.append(row)
        self._on_entry(entry)

    def choose(self, row: int, sample: int, *, is_row: bool) -> None:
        """Have a sample be a row, or not: somebody has looked at it.

        Args:
            row: Its prompt.
            sample: Which of that prompt's samples; it is in the journal.
            is_row: Whether it is to be one.

        Raises:
            OSError: The journal cannot be written.
        """
        found = self._samples.find(row, sample)
        if found is not None and self._samples.is_row(found) != is_row:
            choice = Choice(row=row, sample=sample, is_row=is_row)
            self._journal.append(choice)
            self._choose(choice)

    def finished_rows(self) -> Iterator[Row]:
        """All rows, by prompt and sample."""
        model = self._journal.head.model
        similarities = self._texts.similarities
        for row, sample, number, place in self._samples.ordered_rows():
            entry = self._journal.entry(place)
            value = math.inf if entry.temperature is None else entry.temperature
            yield Row(
                id=f"{row}-{sample}",
                text=entry.text,
                prompt=self._prompts.text(row),
                brief=self._prompts.brief(row),
                temperature=entry.temperature,
                beta=_finite(InverseTemperature(value).beta),
                seed=entry.seed,
                preset=entry.preset,
                model=model.title,
                model_hash=model.hash,
                logprob_t1=entry.logprob_t1,
                logprob_t=entry.logprob_t,
                tokens=entry.tokens,
                reason=entry.reason,
                similarity=float(similarities[number]),
                duplicate=_DUPLICATES.get(entry.verdict, ""),
            )

    def _wants(self, row: int) -> bool:
        state = self._states[row]
        return (
            state.rows + state.under_way < self._plan.samples
            and state.kept + state.under_way < self._plan.tries
        )

    def _begin(self, row: int) -> Sample:
        state = self._states[row]
        number = state.next
        state.next += 1
        while state.next in state.ahead:
            state.ahead.remove(state.next)
            state.next += 1
        state.under_way += 1
        return self._plan.sample(self._prompts, row, number)

    def _verdict(self, written: WrittenSample, trace: TextTrace) -> Verdict:
        if written.reason == "context_full" and not written.tokens:
            return "no_room"
        refused = self._screen.refused(written.text)
        screen = self._plan.screen
        if refused or screen.duplicates == "keep":
            return refused or "row"
        drops = screen.duplicates == "drop"
        if self._texts.has(trace):
            return "dropped_duplicate" if drops else "duplicate"
        if self._texts.similarity(trace) >= screen.similarity:
            return "dropped_near_duplicate" if drops else "near_duplicate"
        return "row"

    def _count(self, entry: Entry, place: int, trace: TextTrace) -> None:
        """Count a sample that is in the journal."""
        self.verdicts[entry.verdict] += 1
        self.tokens += entry.tokens
        state = self._states[entry.row]
        state.keep(entry.sample)
        sample = self._samples.add(entry.row, entry.sample, place)
        if entry.verdict in ROWS:
            self._add_row(sample, entry, trace)
        elif entry.verdict == "no_room":
            state.kept = self._plan.tries  # no other of this prompt has any either

    def _choose(self, choice: Choice) -> None:
        sample = self._samples.find(choice.row, choice.sample)
        assert sample is not None, "it is in the journal"
        if choice.is_row and not self._samples.is_row(sample):
            entry = self._journal.entry(self._samples.place(sample))
            self._add_row(sample, entry, self._texts.trace(entry.text))
        elif not choice.is_row and self._samples.is_row(sample):
            self._samples.make_none(sample)
            self._states[choice.row].rows -= 1
            self._again.append(choice.row)

    def _add_row(self, sample: int, entry: Entry, trace: TextTrace) -> None:
        self._states[entry.row].rows += 1
        self._samples.make_row(sample, len(self._texts))
        self._texts.add(trace)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
