"""The engine in process: one model, one context, one command at a time.

The child process wraps it in a protocol (`child`); the command line uses it as it is. Not
thread-safe, as llama.cpp is not: one thread owns it; only `Control` and `Interrupt` are touched
from others.
"""

from collections.abc import Callable
from pathlib import Path

from studio.engine.lanes.lane_control import LaneControl
from studio.engine.lanes.lane_room import fit_lanes
from studio.engine.lanes.lanes import Comparison
from studio.engine.llama import backend, log
from studio.engine.llama.context import Context, EvaluationStopped
from studio.engine.llama.huge_pages import ask_for_huge_pages
from studio.engine.llama.interrupt import Interrupt
from studio.engine.llama.model import LoadStopped, Model, check_memory, checked_header
from studio.engine.messages import (
    Compare,
    ContinueLane,
    Distribution,
    Emit,
    EngineError,
    Evaluated,
    Evaluating,
    Failed,
    FindBreakers,
    FindTokens,
    FindWords,
    Finished,
    Generate,
    Load,
    Loaded,
    Loading,
    PreviewNextToken,
    Prompt,
    RemoveLane,
    RerunLane,
    Score,
    Superseded,
)
from studio.engine.templates.chat_template import ChatSkeleton
from studio.engine.templates.skeletons import Skeletons
from studio.engine.templates.template_rendering import ChatTemplateError, RenderingStopped
from studio.engine.writing.continued_prompt import ContinuedPrompt, PromptEvaluation
from studio.engine.writing.control import Control
from studio.engine.writing.dry_breakers import breakers_found
from studio.engine.writing.evaluated import evaluated
from studio.engine.writing.generation import generate
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt, fit, tokenize
from studio.engine.writing.scoring import score
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.engine.writing.token_spelling import tokens_found
from studio.engine.writing.word_search import words_found
from studio.error_trace import print_trace
from studio.sampling import LogitsError, LogitSketch

Runnable = (
    Load
    | PreviewNextToken
    | Score
    | Generate
    | FindTokens
    | FindBreakers
    | FindWords
    | Compare
    | ContinueLane
    | RerunLane
    | RemoveLane
)
"""What the engine carries out; all other commands reach one that runs, through its control."""


class _Opened:
    """What lives as long as one loaded model."""

    def __init__(self, model: Model, interrupt: Interrupt) -> None:
        self.model = model
        self.context = Context(model, interrupt)
        self.pieces = TokenPieceCache(model.vocabulary)
        self.prompts = PromptEvaluation(self.context, model.vocabulary)
        self.comparison: Comparison | None = None
        """The last one: its lanes can go on."""

    def evaluated(self, request: int, continued: ContinuedPrompt) -> Evaluated:
        """What is told of a prompt that the context holds now."""
        return evaluated(
            request,
            continued.prompt,
            continued.fitted,
            continued.reused,
            self.context.size,
            self.model.vocabulary,
            self.pieces,
        )

    def drop_lanes(self) -> None:
        """Free what lanes have in the context; lanes that go on are evaluated again."""
        if self.context.lane_cells:
            self.context.lane_cells.drop_all()

    def close(self) -> None:
        self.context.close()
        self.model.close()


class Engine:
    """Carries out commands and gives their events to `emit`.

    Args:
        emit: takes the events.
        interrupt: ends an evaluation from another thread.
        frame_seconds: how long the tokens of a generation may be collected before they are given
            together, which costs less; 0 gives each at once.
        huge_pages: whether to have them (`huge_pages`) once a model is loaded. That may take a
            third of a second, and every token is written the quicker.
    """

    def __init__(
        self,
        emit: Emit,
        interrupt: Interrupt,
        frame_seconds: float = 0.0,
        *,
        huge_pages: bool = False,
    ) -> None:
        self._emit = emit
        self._interrupt = interrupt
        self._frame_seconds = frame_seconds
        self._huge_pages = huge_pages
        self._opened: _Opened | None = None
        self._skeletons = Skeletons()
        log.install()
        backend.begin()

    def run(self, command: Runnable, control: Control) -> None:
        """Carry out one command. Whatever goes wrong is an event, never an exception.

        Args:
            command: what to do.
            control: turns and stops it; a `LaneControl` for what concerns a comparison.
        """
        request = command.request
        try:
            match command:
                case Load():
                    self._load(command, control)
                case PreviewNextToken():
                    self._next_token_preview(command)
                case Score():
                    self._score(command, control)
                case Generate():
                    self._generate(command, control)
                case FindTokens():
                    self._emit(tokens_found(command, self._ready().model.vocabulary))
                case FindBreakers():
                    self._emit(breakers_found(command, self._ready().model.vocabulary))
                case FindWords():
                    self._emit(words_found(command, self._ready().model.vocabulary))
                case Compare():
                    assert isinstance(control, LaneControl)
                    self._compare(command, control)
                case ContinueLane() | RerunLane() | RemoveLane():
                    assert isinstance(control, LaneControl)
                    self._resume(command, control)
        except EngineError as error:
            self._emit(
                Failed(
                    request=request,
                    kind=error.kind,
                    message=str(error),
                    has_model=self._opened is not None,
                )
            )
        except (EvaluationStopped, LoadStopped, RenderingStopped):
            self._emit(Superseded(request=request))
        except LogitsError as error:
            # Weights that are no numbers, or biases that leave no token: no mistake of ours.
            self._emit(
                Failed(
                    request=request,
                    kind="llama_cpp",
                    message=f"The model cannot go on: its {error}",
                    has_model=self._opened is not None,
                )
            )
        except Exception as error:
            print_trace(error)
            self._emit(Failed(request=request, kind="bug", message=f"{error}"))

    def close(self) -> None:
        """Free model and context."""
        if self._opened:
            self._opened.close()
            self._opened = None

    def _load(self, command: Load, control: Control) -> None:
        if self._opened:
            # Whoever asked for another model counts with none meanwhile, and forgets the pieces.
            self._opened.pieces = TokenPieceCache(self._opened.model.vocabulary)
        path = Path(command.path)
        header = checked_header(path)
        # Refused while the model before is still open, wherever that can be told beforehand.
        given_back = self._opened.model.gives_back if self._opened else 0
        check_memory(header, command.options, given_back)
        self.close()

        def on_progress(fraction: float) -> bool:
            self._emit(Loading(request=command.request, fraction=fraction))
            return not control.stopped

        model = Model(path, command.options, on_progress, header)
        try:
            self._opened = _Opened(model, self._interrupt)
        except EngineError:
            model.close()
            raise
        if self._huge_pages:
            ask_for_huge_pages()
        self._emit(Loaded(request=command.request, report=model.report()))

    def _next_token_preview(self, command: PreviewNextToken) -> None:
        opened = self._ready()
        prompt, fitted = self._prepare(command.prompt, opened)
        progress = self._on_progress(command.request)
        continued = opened.prompts.evaluate(prompt, fitted, progress, looks=True)
        self._emit(opened.evaluated(command.request, continued))
        sketch = LogitSketch.of(continued.healed.logits)
        self._emit(
            Distribution(
                request=command.request,
                sketch=sketch.to_bytes(),
                pieces=opened.pieces.new_bytes(sketch.ids),
                typed=continued.healed.typed(sketch.ids.tolist()),
            )
        )

    def _score(self, command: Score, control: Control) -> None:
        opened = self._ready()
        prompt, vocabulary = self._tokenized(command.prompt, opened), opened.model.vocabulary
        score(command, prompt, opened.context, vocabulary, opened.pieces, control, self._emit)

    def _compare(self, command: Compare, control: LaneControl) -> None:
        opened = self._ready()
        opened.drop_lanes()
        opened.comparison = None
        prompt = self._tokenized(command.prompt, opened)
        at_once = opened.context.lane_cells is not None
        written = [len(lane.token_ids()) for lane in command.lanes]
        fitted = fit_lanes(
            prompt,
            opened.context.size,
            [length + command.max_tokens for length in written],
            at_once=at_once,
            is_certain=command.ignore_eos,
            unseen=command.unseen_tokens,
            written=sum(written) if at_once else max(written),
        )
        opened.comparison = Comparison(
            command,
            prompt,
            fitted,
            opened.context,
            opened.prompts,
            opened.model.vocabulary,
            opened.pieces,
            self._emit,
            self._frame_seconds,
        )
        opened.comparison.run(control)

    def _resume(self, command: ContinueLane | RerunLane | RemoveLane, control: LaneControl) -> None:
        comparison = self._opened.comparison if self._opened else None
        is_there = comparison is not None and comparison.request == command.request
        control.orders.appendleft(command)
        if isinstance(command, RemoveLane):
            if comparison and is_there:
                comparison.handle(control.orders)
            return
        self._ready()
        if not comparison or not is_there:
            raise EngineError(
                "no_comparison",
                "The engine has not kept this comparison: a model was opened or another "
                "comparison begun since. Run it again.",
            )
        comparison.run(control)

    def _generate(self, command: Generate, control: Control) -> None:
        opened = self._ready()
        opened.drop_lanes()
        prompt, fitted = self._prepare(command.prompt, opened)
        try:
            progress = self._on_progress(command.request)
            continued = opened.prompts.evaluate(prompt, fitted, progress)
        except EvaluationStopped:
            self._emit(
                Finished(
                    request=command.request,
                    reason="stopped",
                    tokens=0,
                    seconds=0.0,
                    prompt_tokens=len(prompt.tokens),
                    seed=max(0, control.params.seed),
                    params=control.params,
                )
            )
            return
        self._emit(opened.evaluated(command.request, continued))
        generate(
            command,
            continued,
            opened.context,
            opened.model.vocabulary,
            opened.pieces,
            control,
            self._emit,
            self._frame_seconds,
        )

    def _ready(self) -> _Opened:
        if not self._opened:
            raise EngineError("no_model", "No model is open. Open a GGUF file first.")
        self._opened.model.check_unchanged()
        return self._opened

    def _prepare(self, prompt: Prompt, opened: _Opened) -> tuple[TokenizedPrompt, FittedPrompt]:
        tokenized = self._tokenized(prompt, opened)
        return tokenized, fit(tokenized, opened.context.size)

    def _tokenized(self, prompt: Prompt, opened: _Opened) -> TokenizedPrompt:
        skeleton = self._skeleton(prompt, opened) if prompt.format == "chat" else None
        return tokenize(prompt, opened.model.vocabulary, skeleton)

    def _skeleton(self, prompt: Prompt, opened: _Opened) -> ChatSkeleton:
        try:
            return self._skeletons.of(
                opened.model.header,
                has_system=bool(prompt.system),
                is_stopped=self._interrupt.is_set,
            )
        except ChatTemplateError as error:
            raise EngineError("chat_template", str(error)) from error

    def _on_progress(self, request: int) -> Callable[[int, int], None]:
        return lambda done, total: self._emit(Evaluating(request=request, done=done, total=total))
