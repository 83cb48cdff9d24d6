"""The token loop: logits, sampling, token, next.

Evaluates through a `Context`, samples through `studio.sampling`, and gives events. Knows nothing
of how the prompt was made or who listens.
"""

import secrets
import time

from studio.engine.llama.context import Context, EvaluationStopped
from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.messages import Emit, Evaluating, Finished, FinishReason, Generate
from studio.engine.writing.continued_prompt import ContinuedPrompt
from studio.engine.writing.control import Control
from studio.engine.writing.evaluated import evaluated
from studio.engine.writing.pending_tokens import PendingTokens
from studio.engine.writing.prompt import TokenizedPrompt, fit
from studio.engine.writing.sampler_states import SamplerStates
from studio.engine.writing.stop_strings import StopStrings
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.sampling import LogitStatistics, choose, uniform

_SEEDS = 2**32
_SHOWN = 10
"""How many of the most likely tokens a `Token` names."""


def generate(
    command: Generate,
    continued: ContinuedPrompt,
    context: Context,
    vocabulary: Vocabulary,
    pieces: TokenPieceCache,
    control: Control,
    emit: Emit,
    frame_seconds: float,
) -> None:
    """Write tokens after an evaluated prompt until one of the reasons to end.

    Args:
        command: what was asked for; its parameters are read from `control` at each token.
        continued: the prompt, and the logits of the first token.
        context: holds the prompt.
        vocabulary: the model's.
        pieces: what the listener knows to spell.
        control: live parameters and the stop.
        emit: takes each `Token`, the `Evaluating` and `Evaluated` of a cut, and the `Finished`
            at the end.
        frame_seconds: how long tokens are collected before they are given.

    Raises:
        EngineError: llama.cpp refused, or a bias is for a token that the model lacks.
        ValueError: the model gave logits that are no numbers.
    """
    request = command.request
    seed = control.params.seed if control.params.seed >= 0 else secrets.randbelow(_SEEDS)
    tokens = list(continued.prompt.tokens)
    told = len(tokens)
    states = SamplerStates(seed, vocabulary)
    stops = StopStrings(command.stop, emit) if command.stop else None
    tell = stops or emit
    pending = PendingTokens(request, vocabulary, pieces, tell, frame_seconds)
    reason: FinishReason = "max_tokens"
    is_stop = False
    params = control.params
    started = time.perf_counter()
    index = 0
    try:
        while index < command.max_tokens:
            if control.stopped:
                reason = "stopped"
                break
            healed = None if index else continued.healed
            statistics = LogitStatistics(healed.logits if healed else context.logits())
            params = control.params
            u = uniform(seed, told + index)
            state = states.at(params, told + index, tokens, continued if healed else None)
            choice = choose(statistics.ranking, params, tokens, u, _SHOWN, state)
            states.took(choice)
            if not command.ignore_eos and vocabulary.ends_generation(choice.token):
                reason = "end_of_text"
                break
            if stops is not None:
                text = vocabulary.text(choice.token)
                is_stop = stops.sees(healed.added(choice.token, text) if healed else text)
            pending.add(index, statistics, choice, u, healed=healed)
            pending.step_is_over()
            if healed:
                tokens = continued.all_before(choice.token)
            index += 1
            tokens.append(choice.token)
            if is_stop:
                reason = "stop_string"
                break
            if index == command.max_tokens:
                break
            if healed and not continued.is_before(choice.token):
                context.evaluate([*continued.before(choice.token), choice.token])
            elif context.used < context.size:
                context.append(choice.token)
            else:
                pending.tell()
                grown = continued.whole._replace(tokens=list(tokens))
                _evaluate_cut(request, grown, context, vocabulary, pieces, tell)
    except EvaluationStopped:
        reason = "stopped"
    finally:
        pending.tell()
        if stops:
            pieces.take_back(stops.finish())
    emit(
        Finished(
            request=request,
            reason=reason,
            tokens=stops.tokens if stops else index,
            seconds=pending.ended - started if index else 0.0,
            prompt_tokens=len(continued.whole.tokens),
            seed=seed,
            params=params,
        )
    )


def _evaluate_cut(
    request: int,
    prompt: TokenizedPrompt,
    context: Context,
    vocabulary: Vocabulary,
    pieces: TokenPieceCache,
    emit: Emit,
) -> None:
    """The context is full: cut another block off the manuscript's beginning and evaluate anew.

    Shifting the cache instead would be quicker, but its rows were computed from the text that is
    no longer there: the model would go on from a state that no prompt gives.
    """
    fitted = fit(prompt, context.size)
    reused = context.evaluate(
        fitted.tokens,
        lambda done, total: emit(Evaluating(request=request, done=done, total=total)),
    )
    emit(evaluated(request, prompt, fitted, reused, context.size, vocabulary, pieces))
