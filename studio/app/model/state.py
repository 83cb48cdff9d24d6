"""Which model is open: none, loading, ready, failed or gone."""

from collections.abc import Hashable, Mapping
from enum import Enum
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient, silence_words
from studio.app.engine_line.process import End, Outcome
from studio.app.model.deaths import ModelDeath, ModelDeaths, stamp
from studio.app.model.names import model_name
from studio.app.timers import single_shot
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Failed,
    Load,
    Loaded,
    Loading,
    LoadOptions,
    MachineLost,
    ModelReport,
    Stop,
    Superseded,
    is_server,
)
from studio.sampling import SamplingParams
from studio.sampling.samplers.steps import without_repeat_penalty
from studio.translation import mark, tr
from studio.visible_text import LONGEST_ENTRY, visible_line, visible_name

_PATIENCE_MS = 20_000
"""How long a running engine may take to begin a load: it stops what it does, frees the old model
and reads the new one's header, all within a second or two."""


class ModelPhase(Enum):
    """What has become of a model."""

    NONE = "none"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class WayOn(Enum):
    """What the writer can do about a message on a model."""

    NOTHING = "nothing"  # it is mended already
    CHOOSE = "choose another model"
    OPTIONS = "change the model's options"
    REOPEN = "reopen the model"
    ANYWAY = "open the refused file all the same"
    WITHOUT = "open it without a machine or graphics processor"


_NEXT_TIME = mark("This file will not be opened again unless you ask for it.")


class ModelState(QObject):
    """The open model.

    Args:
        client: The line to the engine.
        parent: The Qt parent, if any.
        deaths: The files that have ended the engine.
        cache: The folder of what the engine keeps from one start to the next; None for nothing.
    """

    changed = Signal()
    failed = Signal(str)
    """One message for the writer: a load that failed, or an engine that died. See `way_on`."""
    reported = Signal(str)
    """What the writer should know of a load that is under way."""

    def __init__(
        self,
        client: EngineClient,
        parent: QObject | None = None,
        deaths: ModelDeaths | None = None,
        cache: Path | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self.deaths = deaths or ModelDeaths()
        self._cache = str(cache or "")
        self._request = 0
        self.phase = ModelPhase.NONE
        self.path = ""
        """The path of the model that is open, or was last asked for; see `is_server`."""
        self.options = LoadOptions()
        """How models are to be loaded, as the writer chose."""
        self._in_force = self.options
        """How this one is loaded: the same, or without a device that failed."""
        self.fraction = 0.0
        """How much of the load is done, 0 to 1."""
        self.report: ModelReport | None = None
        self.message = ""
        """Why it failed."""
        self.way_on = WayOn.NOTHING
        """What can be done about what `failed` reported last."""
        self._before: tuple[str, LoadOptions, LoadOptions, ModelReport] | None = None
        """The model that was open when another one was asked for."""
        self._is_old_engine = False
        """Whether an engine that was running already was given the load and has not begun it."""
        self._is_replacing = False
        """Whether a new engine is to load it, as soon as the old one is gone."""
        self._refused: tuple[str, LoadOptions | None] | None = None
        """The model that was not opened because it has ended the engine before."""
        self._without: tuple[str, LoadOptions, LoadOptions] | None = None
        """The model for which a device failed or was missing, its options, and those without it."""
        self._gpus = ""
        """The graphics processors that compute layers; empty for none."""
        self._lost = ""
        """The address of the machine without which the engine cannot go on: it is about to end."""
        self._is_at_work = False
        """Whether llama.cpp has the file and has evaluated nothing with it yet: if the engine ends
        then, the file is to blame."""
        self._keys: dict[str, str] = {}
        """Of servers, by their addresses, until the program ends."""
        self._stamp: tuple[int, int] | None = None
        """The file's size and the time of its last change when it was asked for."""
        client.follow(self._on_evaluated, Evaluated)
        client.follow(self._on_machine_lost, MachineLost)
        self._patience = single_shot(
            self, lambda: self._replace_engine(tr("it did not begin to load"))
        )
        client.died.connect(self._on_died)
        client.waiting_changed.connect(self._replace_silent_engine)

    @property
    def is_ready(self) -> bool:
        """Whether the engine can be asked to write."""
        return self.phase is ModelPhase.READY

    @property
    def vocabulary(self) -> Hashable:
        """Distinguishes models whose token ids mean different things; None when none is ready."""
        report = self.report
        return (report.path, report.file_bytes, report.vocabulary_size) if report else None

    def acting(self, params: SamplingParams) -> SamplingParams:
        """What of parameters acts on the logits of the open model, or at the server that draws.

        Args:
            params: The parameters.
        """
        if self.report is None:
            return params
        if self.report.draws_there:
            from studio.engine.server.requests import acting_there  # with it come sockets and TLS

            return acting_there(params, self.report.backend, self.mark)
        return params if self.report.takes_repeat_penalty else without_repeat_penalty(params)

    @property
    def mark(self) -> str:
        """The vocabulary's own fingerprint and the model's name; empty when none is ready."""
        return self.report.vocabulary if self.report else ""

    @property
    def control(self) -> Mapping[int, bool]:
        """Of each control token, by its id, whether it ends a text; empty when none is ready."""
        return self.report.control if self.report else {}

    def open(
        self,
        path: str,
        options: LoadOptions | None = None,
        *,
        anyway: bool = False,
        key: str | None = None,
        in_force: LoadOptions | None = None,
    ) -> None:
        """Load another model, in place of the one that is open.

        A model that is refused beforehand leaves the open one as it is; where the load itself fails
        or is given up, that one is opened again. An engine that does not answer is ended, and a new
        one loads the model.

        Args:
            path: The model's file, or its server's address.
            options: How to load it; None for the last options.
            anyway: Whether to open it even where it has ended the engine before.
            key: What the server asks for; None for what was given last.
            in_force: Options for this load alone, as a device fails; None for those above.
        """
        if is_server(path):
            if key is not None:
                self._keys[path] = key
        else:
            # Where the engine stands, a relative one would mean another file.
            path = str(Path(path).absolute())
        death = None if anyway else self.deaths.of(path)
        if death is not None:
            self._refuse(path, options, death)
            return
        if self.report is not None:
            self._before = self.path, self.options, self._in_force, self.report
        if options is not None:
            self.options = options
        self._in_force = in_force or self.options
        self.path = path
        self.report = None
        self.fraction = 0.0
        self.message = ""
        self.phase = ModelPhase.LOADING
        self._is_at_work = False
        self._gpus = ""
        self._stamp = stamp(path)
        self._is_old_engine = self._client.is_running
        if not self._replace_silent_engine():
            self._load()
            if self._is_old_engine:
                self._patience.start(_PATIENCE_MS)
        self.changed.emit()

    def open_first(self, path: str, starter: str) -> None:
        """Open a model at the program's start; where that has ended the engine, another one.

        Args:
            path: The model that was open last.
            starter: The starter model; empty where it is not installed.
        """
        death = self.deaths.of(path)
        if death is None or starter in ("", path) or self.deaths.of(starter):
            self.open(path)
            return
        self._refuse(
            path,
            None,
            death,
            tr("“{name}” is opened instead.", name=model_name(starter)),
        )
        self.open(starter)

    def open_anyway(self) -> None:
        """Open the file that was refused last because it has ended the engine before."""
        refused, self._refused = self._refused, None
        if refused:
            self.open(*refused, anyway=True)

    def open_without(self) -> None:
        """Open the model for which a device failed or was missing, without that.

        What the writer chose stays so, and the next model is loaded with it.
        """
        without, self._without = self._without, None
        if without:
            path, options, in_force = without
            self.open(path, options, in_force=in_force)

    def reopen(self) -> None:
        """Load the same model again as it was, in a new child where the old one died."""
        if self.path:
            self.open(self.path, in_force=self._in_force)

    def cancel(self) -> None:
        """Give up a load; what was open before is opened again."""
        if self.phase is ModelPhase.LOADING:
            self._is_replacing = False
            self._client.send(Stop(request=self._request))

    def _load(self) -> None:
        self._client.start()
        self._request = self._client.next_request(
            self._on_event, replaces=self._request, late=self._on_late
        )
        self._client.send(
            Load(
                request=self._request,
                path=self.path,
                key=self._keys.get(self.path, ""),
                options=self._in_force,
                cache=self._cache,
            )
        )

    def _replace_silent_engine(self) -> bool:
        """End an engine that should load and gives no sign of life; returns whether that was so."""
        silence = self._client.silence
        return self._is_replacing or (silence > 0 and self._replace_engine(silence_words(silence)))

    def _replace_engine(self, why: str) -> bool:
        """End an engine that should load and has not begun to; returns whether that was so."""
        if not self._is_replacing:
            if not self._is_old_engine or self.phase is not ModelPhase.LOADING:
                return False
            self._is_replacing = True
            self._client.end(why)
        return True

    def _on_event(self, event: AnyEvent) -> None:
        self._is_old_engine = False
        self._patience.stop()
        match event:
            case Loading():
                self.fraction = event.fraction
                self._gpus = event.gpus
                self._is_at_work = not is_server(self.path)
            case Loaded():
                self._before = None
                self.report = event.report
                self.phase = ModelPhase.READY
                gpus = (it.name for it in event.report.devices if it.kind == "gpu" and it.layers)
                self._gpus = ", ".join(gpus)
                if event.report.is_far:
                    self.reported.emit(
                        tr(
                            "{server} is far away: it draws the words itself, with your settings "
                            "and a seed. What is recorded of a word is how likely the model held "
                            "it.",
                            server=model_name(self.path),
                        )
                    )
                if event.report.fewer_layers:
                    self.reported.emit(event.report.fewer_layers)
            case Superseded():
                self._is_at_work = False
                before, self._before = self._before, None
                if before:
                    path, options, in_force, _ = before
                    self.open(path, options, anyway=True, in_force=in_force)
                    return
                self.phase = ModelPhase.NONE
            case Failed():
                without = without_machine(self._in_force, event.machine)
                self._without = self.path, self.options, without
                way_on = WayOn.WITHOUT if event.machine else WayOn.CHOOSE
                self._fail(event.message, way_on, keeps=event.has_model)
                return
        self.changed.emit()

    def _on_late(self, event: AnyEvent) -> None:
        if isinstance(event, Loading | Loaded):
            self._before = None  # it gave way to one that was asked for meanwhile

    def _on_evaluated(self, _event: Evaluated) -> None:
        if self._is_at_work and self.is_ready:
            self._is_at_work = False
            self.deaths.forget(self.path)

    def _on_machine_lost(self, event: MachineLost) -> None:
        self._lost = event.address

    def _on_died(self, outcome: Outcome) -> None:
        lost, self._lost = self._lost, ""
        self._is_old_engine = False
        self._patience.stop()
        if self._is_replacing:
            self._is_replacing = False
            self._load()
            self.reported.emit(tr("{what} A new one loads the model.", what=outcome.describe()))
            return
        is_at_work, self._is_at_work = self._is_at_work, False
        gpus, self._gpus = self._gpus, ""
        is_gpu_failure = bool(gpus) and outcome.end is End.CRASHED and not outcome.is_from_outside
        name = visible_name(Path(self.path).name, LONGEST_ENTRY)
        reported = {"name": name, "cause": outcome.cause}
        detail = ""
        if outcome.last_words:
            words = tr("Its last words: {words}", words=visible_line(outcome.last_words))
            detail = f"\n\n{words}"
        untouched = tr("Your text is untouched.")
        if lost:
            self._without = self.path, self.options, without_machine(self._in_force, lost)
            # What was open before may need it as well, and says so when it is opened.
            message = tr(
                "The machine {address} no longer answers, and the engine cannot go on without it. "
                "{untouched}",
                address=lost,
                untouched=untouched,
            )
            self._fail(message, WayOn.WITHOUT)
        elif is_gpu_failure and not self.is_ready:
            # If it is the file after all, it will end the engine once more, and be known for it.
            self.open(self.path, anyway=True, in_force=without_gpus(self._in_force))
            words = tr(
                "The engine ended as it loaded “{name}” on {gpus} ({cause}). It is loaded again, "
                "without graphics processors. {untouched}",
                gpus=gpus,
                untouched=untouched,
                **reported,
            )
            self.reported.emit(words + detail)
        elif is_gpu_failure:
            self._without = self.path, self.options, without_gpus(self._in_force)
            ended = tr(
                "The engine stopped unexpectedly while {gpus} computed ({cause}). {untouched}",
                gpus=gpus,
                cause=outcome.cause,
                untouched=untouched,
            )
            if outcome.is_for_memory:
                advice = tr("Its memory ran out: choose a smaller context, or fewer layers on it.")
                self._fail(f"{ended} {advice}", WayOn.OPTIONS, detail=detail)
            else:
                advice = tr(
                    "Open the model without graphics processors, or choose “Reopen model” to try "
                    "once more."
                )
                self._fail(f"{ended} {advice}", WayOn.WITHOUT, detail=detail)
        elif is_at_work and outcome.is_by_its_work and stamp(self.path) == self._stamp:
            self.deaths.remember(self.path, outcome.cause)
            ended = (
                tr("“{name}” ended the engine as it began to read ({cause}).", **reported)
                if self.is_ready
                else tr("“{name}” ended the engine while it was loaded ({cause}).", **reported)
            )
            message = f"{ended} {untouched}"
            self._fail(f"{message} {tr(_NEXT_TIME)}", WayOn.CHOOSE, detail=detail)
        elif is_at_work and outcome.is_stuck and not self.is_ready:
            # Or the drive was slow and the writer in a hurry: then it is one question too many.
            self.deaths.remember(self.path, tr("loading it did not stop"))
            message = tr(
                "The engine was ended, because loading “{name}” did not stop. {untouched}",
                name=name,
                untouched=untouched,
            )
            self._fail(f"{message} {tr(_NEXT_TIME)}", WayOn.CHOOSE)
        elif is_at_work and outcome.is_for_memory:
            ended = (
                tr("The engine was ended as it began to read with “{name}” ({cause}).", **reported)
                if self.is_ready
                else tr("The engine was ended as it loaded “{name}” ({cause}).", **reported)
            )
            advice = tr(
                "If memory ran out, choose a smaller context or fewer GPU layers, or a smaller "
                "model."
            )
            message = f"{ended} {untouched} {advice}"
            self._fail(message, WayOn.OPTIONS)
        else:
            must_ask = self.path and not self._before
            what_next = " " + tr("Choose “Reopen model” to go on.") if must_ask else ""
            way_on = WayOn.REOPEN if must_ask else WayOn.CHOOSE
            self._fail(f"{outcome.describe()} {untouched}{what_next}", way_on, detail=detail)

    def _refuse(
        self, path: str, options: LoadOptions | None, death: ModelDeath, instead: str = ""
    ) -> None:
        """Leave a file closed that has ended the engine before, and say so."""
        self._refused = path, options
        if self.phase in (ModelPhase.NONE, ModelPhase.FAILED):
            self.path = path
            self.phase = ModelPhase.FAILED
        name = visible_name(Path(path).name, LONGEST_ENTRY)
        message = tr(
            "“{name}” is not opened: on {day} it ended the engine ({cause}). {instead}",
            name=name,
            day=death.day,
            cause=death.cause,
            instead=instead or tr("Choose another model, or open it all the same."),
        )
        self.message = message
        self.way_on = WayOn.ANYWAY
        self.changed.emit()
        self.failed.emit(message)

    def _fail(self, message: str, way_on: WayOn, *, keeps: bool = False, detail: str = "") -> None:
        before, self._before = self._before, None
        self._is_at_work = False
        self.way_on = way_on
        if keeps and before:
            self.path, self.options, self._in_force, self.report = before
            self.phase = ModelPhase.READY
            self.changed.emit()
        elif before:
            path, options, in_force, report = before
            name = model_name(path, report.quantization)
            message = tr(
                "{message} “{name}”, which was open before, is opened again.",
                message=message,
                name=name,
            )
            # Without a report of its own: if this fails too, nothing is left to go back to.
            self.way_on = WayOn.NOTHING
            self.open(path, options, anyway=True, in_force=in_force)
        else:
            self.phase = ModelPhase.FAILED
            self.report = None
            self.message = message + detail
            self.changed.emit()
        self.failed.emit(message + detail)


def without_machine(options: LoadOptions, address: str) -> LoadOptions:
    """The same options, and the layers of one machine shared out among the others.

    Args:
        options: How a model was to be loaded.
        address: The machine.
    """
    machines = tuple(one for one in options.machines if one != address)
    return msgspec.structs.replace(
        options,
        machines=machines,
        public_machines=tuple(one for one in options.public_machines if one != address),
        # Those that were counted by hand counted with it.
        tensor_split=options.tensor_split if machines == options.machines else (),
        gpu_layers=options.gpu_layers if machines == options.machines else -1,
    )


def without_gpus(options: LoadOptions) -> LoadOptions:
    """The same options, and no layers on graphics processors.

    Args:
        options: How a model was to be loaded.
    """
    split = options.tensor_split[: len(options.machines)]
    if options.machines and not any(split):
        # Of proportions, those without a number get nothing.
        split = (1.0,) * len(options.machines)
    return msgspec.structs.replace(
        options, gpu_layers=-1 if options.machines else 0, tensor_split=split
    )
