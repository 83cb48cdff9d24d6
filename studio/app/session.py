"""All state objects of one window, built and connected: what is behind the widgets."""

from PySide6.QtCore import QElapsedTimer, QObject, Signal

from studio.app.background import Background
from studio.app.compare.state import CompareState
from studio.app.engine_line.client import EngineClient, silence_words
from studio.app.engine_line.process import DID_NOT_STOP
from studio.app.heat.measure import HeatMeasure
from studio.app.heat.state import HeatState
from studio.app.model.context_use import ContextUse
from studio.app.model.deaths import ModelDeaths
from studio.app.model.fingerprint import ModelFingerprint
from studio.app.model.state import ModelPhase, ModelState
from studio.app.presets.document_preset import DocumentPreset
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.state import PresetState
from studio.app.timers import single_shot
from studio.app.tokens.bias_owner import BiasOwner
from studio.app.tokens.lookup import TokenLookup
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.text_question import TextQuestion
from studio.app.unused_memory import UnusedMemory
from studio.app.user_folders import engine_cache_folder, recovery_folder, state_folder
from studio.app.word.replacement import WordReplacement
from studio.app.word.state import WordState
from studio.app.writing.draft import Draft
from studio.app.writing.draft_sampling import DraftSampling
from studio.app.writing.next_token_preview import NextTokenPreview
from studio.app.writing.open_documents import OpenDocuments
from studio.app.writing.outline import Outline
from studio.app.writing.plan_edits import PlanEdits
from studio.app.writing.prompt_costs import PromptCosts
from studio.app.writing.records import TokenRecords
from studio.app.writing.recovery import Recovery
from studio.app.writing.rewriting import Rewriting
from studio.app.writing.scrub import Scrub
from studio.app.writing.spelling import Spelling
from studio.app.writing.who_wrote import WhoWrote
from studio.app.writing.word_choice import WordChoice
from studio.app.writing.word_count import WordCount
from studio.app.writing.writing import Writing
from studio.presets import Preset, PresetFolder, preset_folder

_CHARACTERS_A_TOKEN = 16
"""More than a token has in any text but white space: see `Draft.reach`."""
ONE_PRESS_MS = 400
"""Within that time Esc pressed twice may be meant once: an engine that stops by then lives on."""


class Session(QObject):
    """The open documents, one engine, and everything between them.

    Args:
        preset_name: The preset to begin with.
        parent: The Qt parent, if any.
    """

    writes_changed = Signal()
    """`writes` may be another."""

    def __init__(self, preset_name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        folder = PresetFolder(preset_folder())
        self.preset_choice = PresetChoice(folder.all_presets(), preset_name, self)
        preset = self.preset_choice.current
        self.reading = Background("reading", self)
        self.client = EngineClient(parent=self)
        deaths = ModelDeaths(state_folder() / "model-deaths.json")
        self.model = ModelState(self.client, self, deaths, engine_cache_folder())
        self.fingerprint = ModelFingerprint(self.model, self)
        self.context = ContextUse(self.client, self)
        self.draft = Draft(preset, self)
        self.model.changed.connect(self._on_model_changed)
        self.word_count = WordCount(self.draft, self)
        self.spelling = Spelling(self)
        self.sampling = DraftSampling(self.draft, preset.sampling, preset.max_tokens, self)
        self.presets = PresetState(
            folder, self.preset_choice, self.sampling, self, self.draft.prompting
        )
        self.document_preset = DocumentPreset(self.presets, self)
        self.draft.preset_in_force = self.document_preset.to_bytes
        self.draft.preset_found.connect(self.document_preset.put_in_force)
        self.next_token = NextToken(preset.sampling, self)
        self.writing = Writing(
            self.client,
            self.model,
            self.fingerprint,
            self.draft,
            self.sampling,
            self.next_token,
            self,
        )
        self.writing.ended.connect(self._name_model)
        self.writing.changed.connect(self._follow_candidates)
        self.who_wrote = WhoWrote(self.draft.manuscript, self)
        self.outline = Outline(self.draft, self.writing, self)
        self.recovery = Recovery(self.draft, self.writing, recovery_folder(), self)
        self.documents = OpenDocuments(self.draft, self.recovery, self.presets.put_aside, self)
        self.next_token_preview = NextTokenPreview(
            self.client, self.model, self.draft, self.writing, self.next_token, self
        )
        self.rewriting = Rewriting(
            self.client,
            self.model,
            self.draft,
            self.sampling,
            self.writing,
            self.next_token,
            self,
        )
        self.rewriting.ended.connect(self.next_token_preview.look_again)
        self.plan_edits = PlanEdits(self.draft, self)
        self.prompt_costs = PromptCosts(self.draft, self.next_token_preview, self)
        self.scrub = Scrub(self.draft, self.sampling, self.writing, self.next_token, self)
        self.presets.puts_in_force = self.scrub.paused
        self.words = WordChoice(
            self.draft, self.writing, self.next_token_preview, self.next_token, self
        )
        self.records = TokenRecords(
            self.client, self.model, self.draft, self.writing, self.next_token, self
        )
        self.texts = TextQuestion(
            self.client, self.model, lambda: [(self.sampling.params, self.next_token)], self
        )
        self.sampling.params_changed.connect(self.texts.ask)
        self.lookup = TokenLookup(self.client, self.model, self.next_token, self)
        self.heat = HeatState(self.sampling, self.next_token, self)
        # Both are tints behind the text: one at a time.
        self.heat.measure_changed.connect(self._on_heat)
        self.who_wrote.changed.connect(self._on_who_wrote)
        self.word = WordState(self.sampling, self.records, self.next_token, self)
        self.replacement = WordReplacement(
            self.draft.manuscript, self.records, self.writing, self.word, self
        )
        self.compare = CompareState(
            self.client,
            self.model,
            self.fingerprint,
            self.draft,
            self.writing,
            self.records,
            self.sampling,
            self.preset_choice,
            self.next_token,
            self.context,
            self,
        )
        self.bias_owner = BiasOwner(
            self.model,
            lambda: [self.sampling, *(lane.sampling for lane in self.compare.lanes)],
            self,
        )
        self._since_stop = QElapsedTimer()
        self._insisting = single_shot(self, self.end_engine)
        self.client.waiting_changed.connect(self._on_waiting_changed)
        self.sampling.params_changed.connect(self.next_token.set_params)
        self.unused_memory = UnusedMemory(lambda: self.writes, self)
        self.draft.manuscript.loaded.connect(self.unused_memory.give_back_soon)
        self.compare.lanes_changed.connect(self.unused_memory.give_back_soon)
        self.preset_choice.chosen.connect(self._on_preset_chosen)
        for writer in (self.writing, self.rewriting, self.compare):
            writer.changed.connect(self.writes_changed)

    def _on_model_changed(self) -> None:
        report = self.model.report
        self.draft.reach = _CHARACTERS_A_TOKEN * report.context_size if report else 0
        self._follow_candidates()

    def _follow_candidates(self) -> None:
        """Where one text is wanted "without reading on", no model reads on."""
        report = self.model.report
        fills_in = report is not None and report.fills_in
        self.draft.set_reads_after(fills_in and self.writing.candidates > 1)

    def _on_preset_chosen(self, preset: Preset) -> None:
        with self.scrub.paused():
            self.sampling.set_whole(preset.sampling)
        self.sampling.set_max_tokens(preset.max_tokens)
        self.draft.set_preset(preset)

    def _name_model(self) -> None:
        """Have the fingerprint made of the model that has written, once."""
        record = self.fingerprint.record
        if record is not None and not record.hash:
            self.fingerprint.ask()

    def _on_heat(self) -> None:
        if self.heat.is_on:
            self.who_wrote.set_on(False)

    def _on_who_wrote(self) -> None:
        if self.who_wrote.is_on:
            self.heat.set_measure(HeatMeasure.OFF)

    @property
    def writes(self) -> bool:
        """Whether the model writes what stands in view: other writing gives way to it."""
        return not self.writing.is_idle or self.rewriting.is_running or self.compare.is_running

    @property
    def can_stop(self) -> bool:
        """Whether something takes long now, or a take is being turned."""
        if self.scrub.is_turning:
            return True
        if self.client.is_stopping or self.client.silence:
            return True
        if not self.writing.is_idle:
            return self.writing.can_stop
        if self.compare.is_running or self.rewriting.is_running or self.reading.is_busy:
            return True
        is_reading = self.context.progress is not None or self.records.is_scoring
        return self.model.phase is ModelPhase.LOADING or is_reading

    def stop(self) -> None:
        """Esc: end what is under way, writing first, then the reading of files, then loading.

        Once more, before that has been answered: end the engine. A turn of a take that has not been
        let go is taken back.
        """
        if self.scrub.is_turning:
            self.scrub.give_up()
            return
        if self.client.is_stopping and self._since_stop.isValid():
            self._insisting.start(max(0, ONE_PRESS_MS - self._since_stop.elapsed()))
            return
        self._since_stop.start()
        if not self.writing.is_idle:
            self.writing.stop()
        elif self.rewriting.is_running:
            self.rewriting.close()
        elif self.reading.is_busy:
            self.reading.cancel()
        elif not self.model.is_ready:
            self.model.cancel()
        elif self.compare.is_running:
            self.compare.stop_all()
        elif self.records.is_scoring:
            self.records.cancel()
        else:
            self.next_token_preview.cancel()
        if self.client.silence:
            self.client.stop_all()

    def end_engine(self) -> None:
        """End the engine at once, without asking it: it does not answer, or does not stop."""
        silence = self.client.silence
        self.client.end(silence_words(silence) if silence else DID_NOT_STOP)

    def _on_waiting_changed(self) -> None:
        if not self.client.is_stopping:
            self._since_stop.invalidate()
            self._insisting.stop()

    def end(self) -> None:
        """End the engine and what is being read. What was put in safety stays there."""
        self.reading.close()
        self.client.close()

    def close(self) -> None:
        """End everything. What is not saved now was given up by the writer."""
        self.end()
        self.recovery.close()
