"""The parameters against repetition that are numbers, each declared once: penalties and DRY.

The rest of the table, and who uses it, is `parameters.table`.
"""

from studio.app.parameters.parameter import LARGEST, LARGEST_COUNT, Number

REPEAT_PENALTY = Number(
    name="repeat_penalty",
    label="repeat penalty",
    neutral=1.0,
    least=0.0,
    most=LARGEST,
    stride=0.01,
    is_above=True,
    words={"off": 1.0},
    help="Logits of recent tokens are divided by it where positive, multiplied where negative.",
    plain="Above 1 makes repeating less likely; much above 1.2 starts to avoid even “the”. 1 is "
    "off.",
    step="penalties",
    explained="logits",
)
REPEAT_LAST_N = Number(
    name="repeat_last_n",
    label="repeat last n",
    neutral=64,
    least=0,
    most=LARGEST_COUNT,
    stride=16,
    is_whole=True,
    words={"all": -1, "off": 0},
    help="How many of the last tokens the repeat, frequency and presence penalties look at.",
    plain="How far back a word counts as a repetition. 0 is off, all (−1) the whole context.",
    step="penalties",
    explained="logits",
)
FREQUENCY_PENALTY = Number(
    name="frequency_penalty",
    label="frequency penalty",
    neutral=0.0,
    least=-LARGEST,
    most=LARGEST,
    stride=0.05,
    words={"off": 0.0},
    help="Taken off a recent token's logit once for each time it occurs.",
    plain="The more often a word was used, the less likely. Below 0 it is asked for again.",
    step="penalties",
    explained="logits",
)
PRESENCE_PENALTY = Number(
    name="presence_penalty",
    label="presence penalty",
    neutral=0.0,
    least=-LARGEST,
    most=LARGEST,
    stride=0.05,
    words={"off": 0.0},
    help="Taken off a recent token's logit once, however often it occurs.",
    plain="Favours words not used yet. Below 0 it favours those that were.",
    step="penalties",
    explained="logits",
)
DRY_MULTIPLIER = Number(
    name="dry_multiplier",
    label="DRY multiplier",
    neutral=0.0,
    least=0.0,
    most=LARGEST,
    stride=0.1,
    words={"off": 0.0},
    help="What DRY takes off the logit of a token that would continue a repetition.",
    plain="Breaks loops of whole phrases and leaves single words alone; 0.8 is usual. 0 is off.",
    step="dry",
    explained="logits",
)
DRY_BASE = Number(
    name="dry_base",
    label="DRY base",
    neutral=1.75,
    least=1.0,
    most=LARGEST,
    stride=0.05,
    help="So much more, as a factor, for each token that the repetition is longer.",
    plain="How fast a long repetition becomes impossible.",
    step="dry",
    explained="logits",
)
DRY_ALLOWED_LENGTH = Number(
    name="dry_allowed_length",
    label="DRY allowed length",
    neutral=2,
    least=0,
    most=LARGEST_COUNT,
    stride=1,
    is_whole=True,
    help="The longest repetition, in tokens, that DRY leaves unpenalised.",
    plain="Set phrases and names up to this length may come back.",
    step="dry",
    explained="logits",
)
DRY_PENALTY_LAST_N = Number(
    name="dry_penalty_last_n",
    label="DRY last n",
    neutral=-1,
    least=0,
    most=LARGEST_COUNT,
    stride=16,
    is_whole=True,
    words={"all": -1, "off": 0},
    help="How many of the last tokens DRY searches for repetitions.",
    plain="How far back a phrase counts as a repetition. 0 is off, all (−1) the whole context.",
    step="dry",
    explained="logits",
)
