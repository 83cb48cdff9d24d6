"""The numbers that the writer can set, each declared once; those of repetition are beside this.

The sampling card, the editor of all parameters and their tests use this table. It does not know
Qt, nor which of the parameters stand together (`parameters.groups`).
"""

from studio.app.parameters.parameter import LARGEST, LARGEST_COUNT, Number
from studio.app.parameters.sampling_state import DEFAULT_MAX_TOKENS, LARGEST_MAX_TOKENS
from studio.app.parameters.temperature_scale import stepped
from studio.sampling import MAX_SEED


class _Temperature(Number):
    """A number whose steps grow with it."""

    def stepped(self, value: float, strides: float) -> float:
        """As on the temperature's own card."""
        return stepped(value, strides)


TEMPERATURE = _Temperature(
    name="temperature",
    label="temperature T",
    neutral=1.0,
    least=0.0,
    most=LARGEST,
    stride=0.05,
    words={"greedy": 0.0, "uniform": LARGEST},
    allowed="0 (greedy) to ∞ (uniform)",
    help="The logits are divided by it before the softmax: P ∝ exp(logit / T).",
    plain="Low keeps to the likeliest words, high lets in surprising ones. 1 is the model's own.",
    step="temperature",
    explained="temperature",
)
DYNATEMP_RANGE = Number(
    name="dynatemp_range",
    label="dynamic range",
    neutral=0.0,
    least=0.0,
    most=LARGEST,
    stride=0.05,
    words={"off": 0.0},
    help="T moves this far either way with the entropy of what is left.",
    plain="Colder where the model is sure, hotter where it is not.",
    step="temperature",
    explained="temperature",
)
DYNATEMP_EXPONENT = Number(
    name="dynatemp_exponent",
    label="dynamic exponent",
    neutral=1.0,
    least=0.0,
    most=LARGEST,
    stride=0.1,
    help="The power of the entropy's share of its maximum that T moves with.",
    plain="Above 1 T stays low longer, below 1 it rises early. It needs a dynamic range.",
    step="temperature",
    explained="temperature",
)
TOP_K = Number(
    name="top_k",
    label="top-k",
    neutral=0,
    least=0,
    most=LARGEST_COUNT,
    stride=1,
    is_whole=True,
    words={"off": 0},
    help="Only the k most probable tokens can be drawn.",
    plain="A fixed short list, however sure or unsure the model is. 0 is off.",
    step="top_k",
    explained="filters",
)
TOP_P = Number(
    name="top_p",
    label="top-p",
    neutral=1.0,
    least=0.0,
    most=1.0,
    stride=0.01,
    is_above=True,
    words={"off": 1.0},
    help="Only the smallest set of most probable tokens that sum to at least p can be drawn.",
    plain="A short list where the model is sure, a long one where it is not. 1 is off.",
    step="top_p",
    explained="filters",
)
MIN_P = Number(
    name="min_p",
    label="min-p",
    neutral=0.0,
    least=0.0,
    most=1.0,
    stride=0.01,
    words={"off": 0.0},
    help="Only tokens at least this many times as probable as the favourite can be drawn.",
    plain="Drops what is absurd beside the favourite, keeps what competes with it. 0 is off.",
    step="min_p",
    explained="filters",
)
TYPICAL_P = Number(
    name="typical_p",
    label="typical-p",
    neutral=1.0,
    least=0.0,
    most=1.0,
    stride=0.01,
    is_above=True,
    words={"off": 1.0},
    help="Only the tokens whose surprise is nearest the entropy can be drawn, as sum to p.",
    plain="Drops what is too odd and also what is too obvious. 1 is off.",
    step="typical_p",
    explained="filters",
)
TOP_N_SIGMA = Number(
    name="top_n_sigma",
    label="top-n-sigma",
    neutral=-1.0,
    least=0.0,
    most=LARGEST,
    stride=0.1,
    words={"off": -1.0},
    help="Only tokens at most n standard deviations of all logits below the best can be drawn.",
    plain="It cuts the same tokens at every T, wherever it runs. 0 is off too.",
    step="top_n_sigma",
    explained="filters",
)
MIN_KEEP = Number(
    name="min_keep",
    label="min-keep",
    neutral=0,
    least=0,
    most=LARGEST_COUNT,
    stride=1,
    is_whole=True,
    help="Top-p, min-p, typical-p and XTC leave so many tokens at least.",
    plain="One is left in any case.",
    explained="filters",
)
XTC_PROBABILITY = Number(
    name="xtc_probability",
    label="XTC probability",
    neutral=0.0,
    least=0.0,
    most=1.0,
    stride=0.05,
    words={"off": 0.0},
    help="How likely it is, at each token, that XTC excludes the top choices.",
    plain="Steers away from what is said first of all. 0 is off, 1 acts at every token.",
    step="xtc",
    explained="filters",
)
XTC_THRESHOLD = Number(
    name="xtc_threshold",
    label="XTC threshold",
    neutral=0.1,
    least=0.0,
    most=1.0,
    stride=0.01,
    help="Where XTC acts, it cuts all tokens at least this probable but the least of them.",
    plain="Above 0.5 there are never two of them: XTC is off.",
    step="xtc",
    explained="filters",
)
MIROSTAT = Number(
    name="mirostat",
    label="Mirostat",
    neutral=0,
    least=0,
    most=2,
    stride=1,
    is_whole=True,
    words={"off": 0},
    help="Steers the surprise of what is written with Mirostat's version 1 or 2.",
    plain="It takes the place of all filters and penalties; temperature runs right before it.",
    explained="filters",
)
MIROSTAT_TAU = Number(
    name="mirostat_tau",
    label="Mirostat tau",
    neutral=5.0,
    least=0.0,
    most=LARGEST,
    stride=0.1,
    help="The surprise that Mirostat aims at, in bits a token.",
    plain="Low is predictable, high is surprising; about 3 to 6 reads as prose.",
    explained="filters",
)
MIROSTAT_ETA = Number(
    name="mirostat_eta",
    label="Mirostat eta",
    neutral=0.1,
    least=0.0,
    most=LARGEST,
    stride=0.01,
    help="How fast Mirostat corrects itself after each token.",
    plain="High follows at once and swings, low is steady. 0 never corrects.",
    explained="filters",
)
SEED = Number(
    name="seed",
    label="seed",
    neutral=-1,
    least=0,
    most=MAX_SEED,
    stride=1,
    is_whole=True,
    words={"random": -1},
    help="Where the random numbers of the draw start.",
    plain="The same seed and settings give the same text again. random (−1) takes a new one each "
    "time.",
)
MAX_TOKENS = Number(
    name="max_tokens",
    label="max tokens",
    neutral=DEFAULT_MAX_TOKENS,
    least=1,
    most=LARGEST_MAX_TOKENS,
    stride=16,
    is_whole=True,
    help="How many tokens one Continue writes at most.",
    plain="A token is about three quarters of an English word. The model may stop earlier.",
)
