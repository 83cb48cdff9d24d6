"""Logs what the engine was asked and what came of it: kinds, counts and times, never texts."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from studio.engine.messages import (
    AnyCommand,
    AnyEvent,
    Failed,
    FindBreakers,
    FindTokens,
    FindWords,
    Load,
    Loaded,
    PreviewNextToken,
    RunFinished,
    ScoringEnded,
    Superseded,
)
from studio.visible_text import visible_line, visible_name

_log = logging.getLogger(__name__)

_OFTEN = (PreviewNextToken, FindTokens, FindBreakers, FindWords)
"""Asked whenever the writer pauses, and so logged only where the user asks for more."""


class RequestLog:
    """Requests without an answer yet, each with the time it was made."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[type[AnyCommand], float]] = {}

    @property
    def kinds(self) -> str:
        """The requests without an answer, in words; empty where there are none."""
        return ", ".join(kind.__name__ for kind, _ in self._asked.values())

    def asked(self, command: AnyCommand) -> None:
        """Note a command that will be answered."""
        self._asked[command.request] = type(command), time.monotonic()
        if isinstance(command, Load):
            options = command.options
            _log.info(
                "Load: “%s”, GPU layers %s, context %s, threads %s, %s",
                visible_name(Path(command.path).name),
                options.gpu_layers if options.gpu_layers >= 0 else "automatic",
                options.context_size or "automatic",
                options.threads or "automatic",
                "mapped" if options.memory_map else "read",
            )

    def answered(self, event: AnyEvent) -> None:
        """Note the last event of a request."""
        asked = self._asked.pop(event.request, None)
        if asked is None:
            return
        kind, since = asked
        level = logging.DEBUG if issubclass(kind, _OFTEN) else logging.INFO
        if isinstance(event, Failed):
            level = logging.WARNING
        if _log.isEnabledFor(level):
            took = time.monotonic() - since
            _log.log(level, "%s: %s, after %.2f s", kind.__name__, _came_of(kind, event), took)

    def forget(self) -> None:
        """Start afresh: there is no engine, or a new one."""
        self._asked.clear()


def _came_of(kind: type[AnyCommand], event: AnyEvent) -> str:
    match event:
        case Loaded():
            report = event.report
            return (
                f"loaded, {visible_name(report.architecture)}, "
                f"{report.parameters / 1e6:,.0f} million parameters, "
                f"{visible_line(report.quantization, 40)}, vocabulary {report.vocabulary_size:,}; "
                f"{visible_name(report.backend)}: {visible_name(report.device)}, "
                f"{report.layers_offloaded} of {report.layers} layers on other devices, "
                f"{report.threads} threads, context {report.context_size:,}, "
                f"{report.memory_bytes / 2**20:,.0f} MiB"
            )
        case RunFinished():
            return (
                f"{event.tokens} tokens ({', '.join(event.reasons)}) behind a prompt of "
                f"{event.prompt_tokens:,}, {event.tokens_per_second:.1f} a second"
            )
        case ScoringEnded():
            return f"{event.tokens} tokens scored"
        case Superseded():
            return "stopped, or given up for another"
        case Failed():
            # Why a model cannot be loaded is about its file; other reasons may repeat a text.
            why = f": {visible_line(event.message, 500)}" if issubclass(kind, Load) else ""
            return f"failed ({event.kind}){why}"
    return "answered"
