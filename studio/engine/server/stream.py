"""Tokens that the server draws itself, one after another: for one that is far away.

Where a question takes long to get there and back, a question for each token is slower than any
model. So the server is given the parameters and a seed, and sends what it draws, with the likeliest
tokens of each place.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec

from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.messages import EngineError
from studio.engine.server.answers import Likely
from studio.engine.server.asking import Address, Asking, ServerError
from studio.sampling import SamplingParams
from studio.sampling.params import SAMPLER_ALIASES

BEST = 200
"""Of the likeliest tokens of each place."""
_PATIENCE = 900.0
_HOTTEST = 1e4
_ALL = 65_536
"""Tokens; more than are looked back at."""
_CHAIN_NAMES = {name: chain for chain, name in SAMPLER_ALIASES.items()}
_NOT_THERE = frozenset({"p_less", "adaptive_p"})
_FIELDS = (
    *("dynatemp_range", "dynatemp_exponent", "top_k", "top_p", "min_p", "typical_p"),
    *("top_n_sigma", "xtc_probability", "xtc_threshold", "min_keep", "repeat_penalty"),
    *("repeat_last_n", "frequency_penalty", "presence_penalty", "dry_multiplier", "dry_base"),
    *("dry_allowed_length", "dry_penalty_last_n", "mirostat", "mirostat_tau", "mirostat_eta"),
)


class DrawnThere(NamedTuple):
    """A token that the server drew.

    Attributes:
        token: It; None where the text ended with one that is not sent.
        likely: The likeliest tokens of its place, among which it need not be.
    """

    token: Likely | None
    likely: Sequence[Likely]


class _Place(msgspec.Struct, frozen=True):
    id: Annotated[int, msgspec.Meta(ge=0, lt=2**20)]
    logprob: float
    top_logprobs: list[Likely]


class _Part(msgspec.Struct, frozen=True):
    completion_probabilities: list[_Place] = []
    stop: bool = False
    stop_type: str = ""


class ServerStream:
    """One text that a server writes on.

    Args:
        address: Where it is.
        key: What it asks for; empty for none.
        interrupt: Ends the waiting.
        text: The tokens before.
        params: How they are drawn.
        seed: What they are drawn with.
        most: How many at most.
        ignore_eos: Whether no end is drawn.
    """

    def __init__(
        self,
        address: Address,
        key: str,
        interrupt: Interrupt,
        text: Sequence[int],
        params: SamplingParams,
        seed: int,
        most: int,
        *,
        ignore_eos: bool,
    ) -> None:
        self.params = params
        self._interrupt = interrupt
        self._asking = Asking(address, key, _PATIENCE)
        self._found: queue.SimpleQueue[DrawnThere | Exception | None] = queue.SimpleQueue()
        body = server_parameters(params) | {
            "prompt": list(text),
            "seed": seed,
            "n_predict": most,
            "n_probs": BEST,
            "ignore_eos": ignore_eos,
            "cache_prompt": True,
            "stream": True,
        }
        threading.Thread(target=self._run, args=(body,), name="server", daemon=True).start()

    def next(self) -> DrawnThere:
        """The next token.

        Raises:
            EvaluationStopped: The interrupt was set.
            EngineError: The server does not answer, or says something else.
        """
        with self._interrupt.ending(lambda: self._found.put(None)):
            found = self._found.get()
        if found is None or self._interrupt.is_set():
            raise EvaluationStopped
        if isinstance(found, ServerError):
            raise EngineError("server", str(found)) from None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """Leave the server, which ends the text there."""
        self._asking.stop()

    def _run(self, body: dict[str, object]) -> None:
        try:
            for event in self._asking.stream("/completion", body):
                part = msgspec.convert(event, _Part)
                for place in part.completion_probabilities:
                    drawn = Likely(place.id, place.logprob)
                    self._found.put(DrawnThere(drawn, place.top_logprobs))
                if part.stop:
                    break
            self._found.put(DrawnThere(None, ()))
        except Exception as error:
            self._found.put(error)
        finally:
            with contextlib.suppress(OSError):
                self._asking.close()


def server_parameters(params: SamplingParams) -> dict[str, object]:
    """Sampling parameters as a llama-server takes them: by llama.cpp's names, as ours are.

    Args:
        params: Ours; what no server has is left out.
    """
    found: dict[str, object] = {field: getattr(params, field) for field in _FIELDS}
    for field in ("repeat_last_n", "dry_penalty_last_n"):
        if getattr(params, field) < 0:
            found[field] = _ALL  # some versions refuse what stands for all
    found["temperature"] = min(params.temperature, _HOTTEST)
    found["logit_bias"] = [[token, max(bias, -_HOTTEST)] for token, bias in params.biases]
    found["samplers"] = [
        _CHAIN_NAMES.get(step, step) for step in params.samplers if step not in _NOT_THERE
    ]
    if params.dry_sequence_breakers:
        found["dry_sequence_breakers"] = list(params.dry_sequence_breakers)
    return found
