"""The engine in process: one model, one context, one command at a time.

The child process wraps it in a protocol (`child`); the command line uses it as it is. Not
thread-safe, as llama.cpp is not: one thread owns it; only `Control` and `Interrupt` are touched
from others.
"""

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from studio.engine.context import Context
from studio.engine.control import Control
from studio.engine.generation.generation import Generation
from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.llama import backend, log
from studio.engine.llama.attention import AttentionTimings, better, time_attention
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.giving_up import name_gpus
from studio.engine.llama.huge_pages import ask_for_huge_pages
from studio.engine.llama.machine_watch import MachineWatch, end_command
from studio.engine.llama.model import LoadStopped, Model, check_memory, checked_header, plan
from studio.engine.llama.placement import (
    NoRoomError,
    Placement,
    device_names,
    reached_machines,
    slots,
    with_room,
)
from studio.engine.llama.prompt_cache import PromptCache
from studio.engine.messages import (
    AttentionTiming,
    ContinueSequence,
    Distribution,
    Emit,
    EngineError,
    Evaluating,
    Failed,
    FindBreakers,
    FindTokens,
    FindWords,
    Generate,
    Load,
    Loaded,
    Loading,
    PreviewNextToken,
    Prompt,
    RemoveSequence,
    RerunSequence,
    Runnable,
    Score,
    Superseded,
    is_server,
)
from studio.engine.templates.chat_template import ChatSkeleton
from studio.engine.templates.skeletons import Skeletons
from studio.engine.templates.template_rendering import ChatTemplateError, RenderingStopped
from studio.engine.writing.dry_breakers import breakers_found
from studio.engine.writing.prompt import TokenizedPrompt, fit, tokenize
from studio.engine.writing.reader import Reader
from studio.engine.writing.scoring import score
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.engine.writing.token_spelling import tokens_found
from studio.engine.writing.word_search import words_found
from studio.error_trace import print_trace
from studio.sampling import LogitsError, LogitSketch
from studio.sampling.sketches.truncated_logits import TruncatedLogits
from studio.translation import tr

if TYPE_CHECKING:
    from studio.engine.machine_query import Machine
    from studio.engine.server.completions_model import CompletionsModel
    from studio.engine.server.model import ServerModel
    from studio.engine.text_server import TextServer


class _Opened:
    """What lives as long as one loaded model."""

    def __init__(self, model: "Model | ServerModel | CompletionsModel", context: Context) -> None:
        self.model = model
        self.context = context
        self.reader = Reader(context, model.vocabulary)
        self.kept: Generation | None = None
        """The last one that is kept: its sequences can go on."""
        self.timings: AttentionTimings | None = None
        """Where it is kept how quick the model is; None where that is known, or not asked."""
        self.lacks_huge_pages = False
        """Whether it was loaded here, and they are still to be asked for."""

    def close(self) -> None:
        self.context.close()
        self.model.close()


class Engine:
    """Carries out commands and gives their events to `emit`.

    Args:
        emit: takes the events.
        interrupt: ends an evaluation from another thread.
        frame_seconds: how long the tokens of a generation may be collected before they are given
            together, which costs less, and how far apart news of a load are; 0 gives each at once.
        lost: ends this process, as llama.cpp cannot go on; is given the address of another machine
            that no longer answers, in a thread of its own.
        is_command: whether nobody but this process says it where a graphics processor fails.
    """

    def __init__(
        self,
        emit: Emit,
        interrupt: Interrupt,
        frame_seconds: float = 0.0,
        *,
        lost: Callable[[str], None] = end_command,
        is_command: bool = True,
    ) -> None:
        self._emit = emit
        self._lost = lost
        self._is_command = is_command
        self._machines: list[Machine] = []
        """Those that compute layers of the open model."""
        self._interrupt = interrupt
        self._frame_seconds = frame_seconds
        self._opened: _Opened | None = None
        self._text_server: TextServer | None = None
        """Where that may write by itself: all, or chats where a model is open beside it."""
        self._skeletons = Skeletons()
        log.install()
        backend.begin()

    def run(self, command: Runnable, control: Control) -> None:
        """Carry out one command. Whatever goes wrong is an event, never an exception.

        Args:
            command: what to do.
            control: stops it, and turns what it generates.
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
                case FindTokens():
                    self._emit(tokens_found(command, self._ready().model.vocabulary))
                case FindBreakers():
                    self._emit(breakers_found(command, self._ready().model.vocabulary))
                case FindWords():
                    self._emit(words_found(command, self._ready().model.vocabulary))
                case Generate():
                    self._generate(command, control)
                case ContinueSequence() | RerunSequence() | RemoveSequence():
                    self._resume(command, control)
        except EngineError as error:
            self._emit(
                Failed(
                    request=request,
                    kind=error.kind,
                    message=str(error),
                    has_model=bool(self._opened or self._text_server),
                    machine=error.machine,
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
                    message=tr("The model cannot go on: its {why}", why=error),
                    has_model=bool(self._opened or self._text_server),
                )
            )
        except Exception as error:
            print_trace(error)
            self._emit(Failed(request=request, kind="bug", message=f"{error}"))

    def take_huge_pages(self) -> None:
        """Have a model in them once it is open, for a time when nothing is asked (`huge_pages`).

        Its tokens are written the quicker, and it is not ready the later for it.
        """
        opened = self._opened
        if opened and opened.lacks_huge_pages:
            ask_for_huge_pages(lambda: not self._interrupt.is_set())
            opened.lacks_huge_pages = self._interrupt.is_set()

    def keep_prompt(self) -> None:
        """Keep on the disk what was evaluated, for a time when nothing is asked."""
        if self._opened:
            self._opened.context.keep_prompt()

    def time_attention(self) -> None:
        """Find out once a model which attention is quicker, for a time when nothing is asked.

        The next load has the quicker one.
        """
        opened = self._opened
        if opened is None or opened.timings is None:
            return
        assert isinstance(opened.model, Model), "no others have timings"
        try:
            timing = time_attention(opened.model, self._interrupt)
        except EvaluationStopped:
            return
        except EngineError:
            timing = None  # too little memory, say
        if timing:
            opened.timings.keep(opened.model, timing)
        opened.timings = None

    def close(self) -> None:
        """Free model and context."""
        if self._text_server:
            self._text_server.close()
            self._text_server = None
        if self._opened:
            self._opened.close()
            self._opened = None
        self._machines = []

    def _load(self, command: Load, control: Control) -> None:
        if self._opened:
            # Whoever asked for another model counts with none meanwhile, and forgets the pieces.
            self._opened.reader.pieces = TokenPieceCache(self._opened.model.vocabulary)
        if is_server(command.path):
            self._open_server(command)
            return
        path = Path(command.path)
        header = checked_header(path)
        # Refused while the model before is still open, wherever that can be foreseen.
        options, before = command.options, self._opened
        machines = reached_machines(options, self._machines)
        foreseen = plan(header, options, slots(options, machines, emptied=True))[0]
        check_memory(header, options, before.model.gives_back if before else 0, foreseen)
        self.close()

        shown, gpus = -math.inf, ""

        def on_progress(fraction: float) -> bool:
            # llama.cpp calls it for each tensor, and at each event a window looks at it anew.
            nonlocal shown
            now = time.monotonic()
            if now - shown >= self._frame_seconds:
                shown = now
                self._emit(Loading(request=command.request, fraction=fraction, gpus=gpus))
            return not control.stopped

        timings = (
            AttentionTimings(Path(command.cache) / "attention.json") if command.cache else None
        )
        timing: AttentionTiming | None = None

        def loaded(placement: Placement, watch: MachineWatch | None) -> tuple[Model, LlamaContext]:
            nonlocal shown, gpus, timing
            shown, gpus = -math.inf, device_names(placement, "gpu")
            if self._is_command:
                name_gpus(gpus)
            model = Model(path, options, on_progress, header, placement, watch)
            timing = timings.find(model) if timings else None
            choice = options.flash_attention
            if choice == "auto" and timing:
                choice = better(timing)
            try:
                return model, LlamaContext(model, self._interrupt, choice)
            except EngineError as error:
                model.close()
                if placement.layers and error.kind == "too_little_memory":
                    raise NoRoomError(placement, str(error)) from error
                raise

        (model, context), fewer = with_room(
            plan(header, options, slots(options, machines)), loaded, self._lost
        )
        self._opened = opened = _Opened(model, context)
        opened.lacks_huge_pages = True
        self._machines = machines
        context.time_batches()
        if fewer:
            print(f"studio: {fewer}", file=sys.stderr, flush=True)
        report = structs.replace(
            model.report(has_flash_attention=context.has_flash_attention),
            attention_timing=timing,
            fewer_layers=fewer,
        )
        if command.cache:
            opened.timings = None if timing else timings
            limit = options.prompt_cache_mib * 2**20
            cache = PromptCache(Path(command.cache) / "prompts", limit, header, report)
            context.prompt_cache = cache if limit else None
            cache.make_room()
        self._emit(Loaded(request=command.request, report=report))

    def _open_server(self, command: Load) -> None:
        # With these come sockets and TLS, which nobody needs who writes here.
        from studio.engine.server.asking import address_of
        from studio.engine.server.context import ServerContext
        from studio.engine.server.model import ServerModel
        from studio.engine.text_server import TextServer, is_llama_server_at
        from studio.server_keys import key_for

        self._emit(Loading(request=command.request, fraction=0.0))
        try:
            address = address_of(command.path)
            key = command.key or key_for(address.shown)
            if not is_llama_server_at(address, key, self._interrupt):
                server = TextServer(address, key, self._interrupt)
                own = server.model()
                self.close()
                self._text_server = server
                if own:
                    self._opened = _Opened(own, own.context(server.size))
                self._emit(Loaded(request=command.request, report=server.report()))
                return
            model = ServerModel(address, key, self._interrupt)
        except ValueError as error:
            raise EngineError("server", str(error)) from None
        self.close()
        self._opened = _Opened(model, ServerContext(model))
        self._emit(Loaded(request=command.request, report=model.report()))

    def _next_token_preview(self, command: PreviewNextToken) -> None:
        opened = self._ready(command.prompt)
        prompt, reader = self._tokenized(command.prompt, opened), opened.reader
        continued = reader.evaluate(
            prompt,
            fit(prompt, opened.context.size),
            lambda done, total: self._emit(
                Evaluating(request=command.request, done=done, total=total)
            ),
            looks=True,
        )
        self._emit(
            reader.report(command.request, continued.prompt, continued.fitted, continued.reused)
        )
        logits, knows_zero = continued.healed.logits, continued.knows_zero
        sketch = (
            logits.sketch()
            if isinstance(logits, TruncatedLogits)
            else LogitSketch.of(logits, knows_zero=knows_zero)
        )
        self._emit(
            Distribution(
                request=command.request,
                sketch=sketch.to_bytes(),
                pieces=reader.pieces.new_bytes(sketch.ids),
                typed=continued.healed.typed(sketch.ids.tolist()),
            )
        )

    def _score(self, command: Score, control: Control) -> None:
        opened = self._ready(command.prompt)
        parts = command.prompt.parts
        if parts is not None:
            # What stands near a caret, or is left out there, says nothing of a text as a whole.
            beside = structs.replace(command.prompt, parts=parts.beside_text)
            command = structs.replace(command, prompt=beside)
        prompt = self._tokenized(command.prompt, opened)
        score(command, prompt, opened.reader, control, self._emit)

    def _generate(self, command: Generate, control: Control) -> None:
        if self._text_server and self._text_server.writes(command.prompt):
            self._text_server.generate(command, control, self._emit)
            return
        opened = self._ready()
        opened.context.drop_sequences()
        if command.keep:
            opened.kept = None
        generation = Generation(
            command,
            self._tokenized(command.prompt, opened),
            opened.reader,
            self._emit,
            self._frame_seconds,
            lambda queued: self._tokenized(queued, opened),
        )
        if command.keep:
            opened.kept = generation
        generation.run(control)

    def _resume(
        self, command: ContinueSequence | RerunSequence | RemoveSequence, control: Control
    ) -> None:
        generation = self._opened.kept if self._opened else None
        is_there = generation is not None and generation.request == command.request
        control.commands.appendleft(command)
        if isinstance(command, RemoveSequence):
            if generation and is_there:
                generation.handle(control.commands)
            return
        self._ready()
        if not generation or not is_there:
            raise EngineError(
                "no_sequences",
                tr(
                    "The engine has not kept this comparison: a model was opened or another "
                    "comparison begun since. Run it again."
                ),
            )
        generation.run(control)

    def _ready(self, prompt: Prompt | None = None) -> _Opened:
        server = self._text_server
        if server and (server.writes(prompt) if prompt else not self._opened):
            raise server.refusal()
        if not self._opened:
            raise EngineError("no_model", tr("No model is open. Open a GGUF file first."))
        self._opened.model.check_unchanged()
        return self._opened

    def _tokenized(self, prompt: Prompt, opened: _Opened) -> TokenizedPrompt:
        skeleton = self._skeleton(prompt, opened) if prompt.format == "chat" else None
        # What stands before the place says more of it: it has the most room.
        return tokenize(prompt, opened.model.vocabulary, skeleton, opened.context.size // 4)

    def _skeleton(self, prompt: Prompt, opened: _Opened) -> ChatSkeleton:
        if self._text_server:
            return self._text_server.skeletons[bool(prompt.system)]
        try:
            return self._skeletons.of(
                opened.model.header,
                has_system=bool(prompt.system),
                is_stopped=self._interrupt.is_set,
            )
        except ChatTemplateError as error:
            raise EngineError("chat_template", str(error)) from error
