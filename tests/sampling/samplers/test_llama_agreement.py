"""Our samplers against llama.cpp's own, called through the binding, on random candidates.

Where a threshold lies so close to a token that float32, in which llama.cpp computes, may fall on
either side, the case is left out: thresholds moved by 1e-5 or logits by 1e-6 of themselves change
who is left there. So are three things in which the two differ on purpose:

- Behind top-n-sigma, or where a probability is too small for float32, llama.cpp's typical computes
  0·ln 0 and sorts by NaN.
- T 0 is the best logit here, also with a range and also where XTC would cut it.
- Where Mirostat 1 computes a number of tokens beyond an int32, llama.cpp keeps one, and we all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import (
    DEFAULT_SAMPLERS,
    NO_STATE,
    Breakers,
    SamplerState,
    SamplingParams,
    choose,
    distribution,
)

llama_cpp = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")

# ruff: noqa: E402  # these need llama_cpp
from studio.engine.llama import log
from studio.engine.llama.vocabulary import LlamaVocabulary
from studio.engine.writing.dry_breakers import tokens_of_breakers
from tests.helpers.llama_samplers import Chain, left_by_llama
from tests.helpers.tiny_model import write_byte_level_model

CASES = 1000
THRESHOLDS = ("top_p", "min_p", "typical_p", "top_n_sigma", "xtc_threshold", "dynatemp_exponent")


def random_params(rng: np.random.Generator, samplers: Sequence[str]) -> SamplingParams:
    """Parameters with every sampler on in most cases; only those in `samplers` matter."""

    def often(value: float, off: float) -> float:
        return value if rng.random() < 0.8 else off

    return SamplingParams(
        temperature=float(np.exp(rng.uniform(-2.0, 2.0))),
        dynatemp_range=often(float(rng.uniform(0.0, 1.5)), 0.0),
        dynatemp_exponent=float(rng.choice([1.0, rng.uniform(0.1, 3.0)])),
        top_k=int(rng.integers(0, 60)),
        top_p=often(float(rng.uniform(0.05, 1.0)), 1.0),
        min_p=often(float(rng.uniform(0.0, 0.5)), 0.0),
        typical_p=often(float(rng.uniform(0.05, 1.0)), 1.0),
        top_n_sigma=often(float(rng.uniform(0.2, 3.5)), -1.0),
        xtc_probability=often(1.0, 0.0),
        xtc_threshold=float(rng.choice(np.array([0.01, 0.05, 0.1, rng.uniform(0.0, 0.6)]))),
        min_keep=int(rng.choice([0, 0, 1, 2, 7, 400])),
        repeat_penalty=often(float(rng.uniform(0.7, 2.0)), 1.0),
        repeat_last_n=int(rng.integers(-1, 20)),
        frequency_penalty=often(float(rng.uniform(-1.0, 2.0)), 0.0),
        presence_penalty=often(float(rng.uniform(-1.0, 2.0)), 0.0),
        dry_multiplier=often(float(rng.uniform(0.1, 2.0)), 0.0),
        # Larger ones make losses whose squares (in top-n-sigma) float32 cannot hold.
        dry_base=float(rng.choice([1.75, rng.uniform(1.0, 2.0)])),
        dry_allowed_length=int(rng.integers(0, 5)),
        dry_penalty_last_n=int(rng.integers(-1, 60)),
        samplers=tuple(samplers),
    )


def random_logits(rng: np.random.Generator) -> NDArray[np.float32]:
    size = int(rng.integers(2, 261))  # what the tiny vocabulary has
    return (rng.normal(size=size) * rng.uniform(0.5, 5.0)).astype(np.float32)


def random_history(rng: np.random.Generator, size: int) -> list[int]:
    """Tokens that repeat one another: a few of them, many times."""
    some = rng.integers(0, size, int(rng.integers(1, 6)))
    return [int(token) for token in rng.choice(some, int(rng.integers(0, 60)))]


def rounding_decides(
    logits: NDArray[np.float32],
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState = NO_STATE,
) -> bool:
    """Say whether so little as float32's rounding changes which tokens are left."""

    def left(by: float, moved: NDArray[np.float32], mu: float) -> bytes:
        near = {name: getattr(params, name) * (1.0 + by) for name in THRESHOLDS}
        near |= {name: min(near[name], 1.0) for name in THRESHOLDS[:3]}
        if params.top_n_sigma < 0.0:
            near["top_n_sigma"] = -1.0
        p = distribution(
            moved,
            msgspec.structs.replace(params, **near),
            history,
            state._replace(mu=mu),
        )
        return (p > 0.0).tobytes()

    mu = 2.0 * params.mirostat_tau if state.mu is None else state.mu
    wave = np.cos(np.arange(logits.size, dtype=np.float32)) * np.float32(1e-6)
    cases = {
        left(0.0, logits, mu),
        left(1e-5, logits * (1 + wave), mu * (1 + 1e-4)),
        left(-1e-5, logits * (1 - wave), mu * (1 - 1e-4)),
    }
    return len(cases) > 1


def typical_meets_zero(
    logits: NDArray[np.float32], params: SamplingParams, history: Sequence[int]
) -> bool:
    """Say whether llama.cpp's typical would take the logarithm of 0."""
    if "typical_p" not in params.samplers or params.typical_p == 1.0:
        return False
    before = params.samplers[: params.samplers.index("typical_p")]
    first_steps = msgspec.structs.replace(params, samplers=before)
    return left_by_llama(logits, first_steps, history).spread > 85.0


def agree(cases: int, seed: int, orders: Sequence[Sequence[str]]) -> None:
    rng = np.random.default_rng(seed)
    compared = left_out = 0
    while compared < cases:
        logits = random_logits(rng)
        params = random_params(rng, orders[int(rng.integers(len(orders)))])
        history = random_history(rng, logits.size)
        ours = distribution(logits, params, history)
        theirs = left_by_llama(logits, params, history).probabilities
        if np.abs(ours - theirs).max() < 1e-5:
            compared += 1
            continue
        left_out += 1
        assert (
            len(set(logits.tolist())) < logits.size
            or typical_meets_zero(logits, params, history)
            or rounding_decides(logits, params, history)
        ), (params, history)
    assert left_out < cases / 4  # the test is of the samplers, not of what it leaves out


@pytest.mark.parametrize("name", DEFAULT_SAMPLERS)
def test_each_sampler_agrees_with_llama_cpp(name: str) -> None:
    agree(CASES, seed=len(name), orders=[(name,)])


def test_the_default_order_agrees_with_llama_cpp() -> None:
    agree(CASES, seed=12, orders=[DEFAULT_SAMPLERS])


def test_any_order_of_any_of_them_agrees_with_llama_cpp() -> None:
    rng = np.random.default_rng(9)
    names = np.array(DEFAULT_SAMPLERS)
    orders = [rng.permutation(names)[: rng.integers(1, 10)].tolist() for _ in range(300)]
    agree(2 * CASES, seed=10, orders=orders)


# Biases, T 0, Mirostat, and DRY's breakers


def with_biases(
    rng: np.random.Generator, params: SamplingParams, size: int, most: int = 12
) -> SamplingParams:
    tokens = rng.choice(size, min(size, most), replace=False).tolist()
    banned = rng.random(len(tokens)) < 0.3
    values = np.where(banned, -np.inf, rng.normal(size=len(tokens)) * 4.0).tolist()
    biases = dict(zip(tokens, values, strict=True))
    if len(biases) == size and banned.all():
        biases[tokens[0]] = 1.0
    return msgspec.structs.replace(params, logit_bias=biases)


def test_biases_before_one_or_all_samplers_agree_with_llama_cpp() -> None:
    rng = np.random.default_rng(20)
    orders: list[tuple[str, ...]] = [(), ("top_k",), ("penalties", "min_p", "temperature")]
    compared = 0
    while compared < CASES:
        logits = random_logits(rng)
        params = with_biases(rng, random_params(rng, orders[compared % 3]), logits.size)
        # llama.cpp keeps a banned token in its list, where dynamic temperature counts it; and
        # min_keep brings it back, at a probability of zero.
        params = msgspec.structs.replace(params, dynatemp_range=0.0)
        history = random_history(rng, logits.size)
        theirs = left_by_llama(logits, params, history).probabilities
        if np.abs(distribution(logits, params, history) - theirs).max() < 1e-5:
            compared += 1
        else:
            assert rounding_decides(logits, params, history), params


def test_t_zero_agrees_with_llama_cpp_in_its_default_order() -> None:
    rng = np.random.default_rng(11)
    for _ in range(CASES):
        logits = random_logits(rng)
        greedy = msgspec.structs.replace(
            random_params(rng, DEFAULT_SAMPLERS),
            temperature=0.0,
            dynatemp_range=0.0,
            xtc_probability=0.0,
            typical_p=1.0,  # it can cut the best
        )
        greedy = with_biases(rng, greedy, logits.size)
        history = random_history(rng, logits.size)
        theirs = left_by_llama(logits, greedy, history).probabilities
        assert np.array_equal(distribution(logits, greedy, history), theirs)


@pytest.mark.parametrize("version", [1, 2])
def test_mirostat_and_its_mu_agree_with_llama_cpp_from_token_to_token(version: int) -> None:
    rng = np.random.default_rng(30 + version)
    compared = 0
    while compared < CASES:
        params = SamplingParams(
            mirostat=version,
            mirostat_tau=float(rng.uniform(0.5, 4.0)),
            mirostat_eta=float(rng.uniform(0.0, 0.6)),
            temperature=float(np.exp(rng.uniform(-1.0, 0.7))),
            top_k=3,  # Mirostat takes the place of the filters
            repeat_penalty=2.0,
        )
        size = int(rng.integers(2, 261))
        chain = Chain(params, size)
        mu = None
        for _ in range(10):
            logits = (rng.normal(size=size) * rng.uniform(1.0, 5.0)).astype(np.float32)
            state = SamplerState(mu=mu)
            left = chain.apply(logits)
            ours = distribution(logits, params, (), state)
            if np.abs(ours - left.probabilities).max() > 1e-5:
                beyond_int32 = version == 1 and left.probabilities.max() == 1.0
                assert beyond_int32 or rounding_decides(logits, params, (), state), (params, mu)
                break  # from here on their mu is another
            # u at the middle of their token's share, so that ours is the same one.
            share = ours[left.selected]
            u = float(ours[ours > share].sum() + share / 2)
            choice = choose(logits, params, (), u, state=state)
            assert choice.token == left.selected
            mu = choice.mu
            compared += 1
        chain.close()


def test_adaptive_p_and_its_mean_agree_with_llama_cpp_from_token_to_token() -> None:
    rng = np.random.default_rng(33)
    compared = 0
    while compared < CASES:
        params = SamplingParams(
            adaptive_target=float(rng.uniform(0.0, 1.0)),
            adaptive_decay=float(rng.uniform(0.0, 0.99)),
            temperature=float(np.exp(rng.uniform(-1.0, 0.7))),
            top_k=int(rng.integers(0, 30)),
        )
        size = int(rng.integers(2, 261))
        chain = Chain(params, size)
        mean = None
        for _ in range(10):
            logits = (rng.normal(size=size) * rng.uniform(1.0, 5.0)).astype(np.float32)
            state = SamplerState(adaptive_mean=mean)
            left = chain.apply(logits)
            ours = distribution(logits, params, (), state)
            assert np.abs(ours - left.probabilities).max() < 1e-4, (params, mean)
            share = ours[left.selected]
            # Tokens of a group whose probabilities float32 does not say apart have one weight.
            u = float(ours[ours > share].sum() + share / 2)
            choice = choose(logits, params, (), u, state=state)
            assert ours[choice.token] == share
            if choice.token != left.selected:
                break
            chain.accept(left.selected)
            mean = choice.adaptive_mean
            compared += 1
        chain.close()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A model of which only the vocabulary is loaded: 261 tokens, bytes and "th", "the"."""
    log.install()
    llama_cpp.llama_backend_init()
    path = write_byte_level_model(tmp_path_factory.mktemp("models") / "tiny.gguf")
    options = llama_cpp.llama_model_default_params()
    options.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
    assert model
    yield model
    llama_cpp.llama_model_free(model)


def test_dry_with_breakers_agrees_with_llama_cpp(tiny: Any) -> None:
    rng = np.random.default_rng(40)
    pointer, vocabulary = llama_cpp.llama_model_get_vocab(tiny), LlamaVocabulary(tiny)
    texts = ["\n", ":", "the", "e", "h", "ab", "hen", "thth", "<|im_end|>", "ä"]
    letters = [vocabulary.tokenize(text)[0] for text in ("a", "b", "e", "h", "n", ":", "th", "the")]
    resolved: dict[tuple[str, ...], Breakers] = {}
    broken = 0
    for _ in range(CASES):
        some = tuple(rng.choice(texts, int(rng.integers(0, 4)), replace=False).tolist())
        params = msgspec.structs.replace(
            random_params(rng, ("dry",)),
            dry_multiplier=0.5,
            dry_allowed_length=int(rng.integers(0, 3)),
            dry_sequence_breakers=some,
        )
        if some not in resolved:
            resolved[some] = tokens_of_breakers(some, vocabulary)
        logits = (rng.normal(size=vocabulary.size) * 2.0).astype(np.float32)
        few = rng.choice(letters, int(rng.integers(2, 5)))
        history = [int(token) for token in rng.choice(few, int(rng.integers(0, 50)))]
        ours = distribution(logits, params, history, SamplerState(breakers=resolved[some]))
        theirs = left_by_llama(logits, params, history, pointer).probabilities
        assert np.abs(ours - theirs).max() < 1e-5, (params, history)
        broken += not np.allclose(ours, distribution(logits, params, history))
    assert broken > CASES / 5  # breakers mattered


@pytest.mark.parametrize(
    "fields",
    [
        {"typical_p": 0.5},
        {"typical_p": 0.95, "temperature": 1.3, "samplers": ("temperature", "typical_p")},
        {"top_n_sigma": 1.0, "temperature": 0.7},
        {"top_n_sigma": 3.0},
        {"top_p": 0.97, "min_p": 0.001},
        {"xtc_probability": 1.0, "xtc_threshold": 0.02},
        {"dynatemp_range": 0.4, "temperature": 0.9},
        {"presence_penalty": 1.5, "frequency_penalty": 0.3, "dry_multiplier": 0.8},
        {"temperature": 0.5, "presence_penalty": 1.5, "samplers": ("temperature", "penalties")},
        {"mirostat": 1, "mirostat_tau": 3.0},
        {"mirostat": 2, "mirostat_tau": 3.0, "temperature": 1.4},
        {"logit_bias": ((0, -np.inf), (42, 3.0)), "typical_p": 0.8, "top_k": 2000},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_over_a_whole_vocabulary_they_agree_with_llama_cpp(
    real_logits: NDArray[np.float32], fields: dict[str, Any]
) -> None:
    params = SamplingParams(**fields)
    for row in real_logits[::40]:
        best = np.argsort(-row)[:40].tolist()
        history = [best[n % 7] for n in range(30)]
        ours = distribution(row, params, history)
        theirs = left_by_llama(row, params, history).probabilities
        # llama.cpp adds 49,152 numbers in float32: where a sum decides, a few tokens at the very
        # edge may be left by one and not by the other.
        both = (ours > 0.0) & (theirs > 0.0)
        at_edge = (ours > 0.0) ^ (theirs > 0.0)
        mass = ours[at_edge].sum() + theirs[at_edge].sum()
        assert mass < 1e-3 or np.count_nonzero(at_edge) == 1
        shares = ours[both] / ours[both].sum(), theirs[both] / theirs[both].sum()
        assert np.allclose(*shares, rtol=0.0, atol=1e-4)
