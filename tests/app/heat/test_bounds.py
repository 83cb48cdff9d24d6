"""Heat where a server sent the likeliest tokens alone: two tints, and the true one between them."""

import msgspec
import numpy as np
import pytest

from studio.app.heat.measure import HeatMeasure
from studio.app.heat.state import HeatState
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord
from tests.helpers import truncated
from tests.helpers.recorded import logits_of, written_all

pytestmark = pytest.mark.usefixtures("qapp")

WORDS = [f" word{number}" for number in range(30)]
SENT = 60


def cut_off(seed: int, record: TokenRecord) -> TokenRecord:
    """The same record as a server's N best would have made it; as it is where that is too few."""
    logits = logits_of(seed)
    if record.id not in np.argsort(-logits)[:SENT]:
        return record
    sketch = truncated.cut_off(logits, SENT, record.id)
    return msgspec.structs.replace(record, sketch=sketch.to_bytes())


@pytest.mark.parametrize("measure", [HeatMeasure.SURPRISE, HeatMeasure.ENTROPY, HeatMeasure.BLAME])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 1.8])
def test_tints_lie_between_two(measure: HeatMeasure, temperature: float) -> None:
    records = written_all(WORDS)
    sent = [cut_off(seed, record) for seed, record in enumerate(records)]
    states = []
    for _ in range(2):
        state = HeatState(SamplingState(), NextToken(SamplingParams()))
        state.set_measure(measure)
        state._sampling.change(temperature=temperature)
        states.append(state)
    whole, some = states
    true = whole.tints(records)
    some.tints(sent)
    some._scale = whole._scale  # each fits its own text
    some._tints = some._bands = None
    bands = some.bands(sent)
    assert whole.bands(records) is None
    assert bands is not None
    assert (bands[:, 0] <= true).all()
    assert (true <= bands[:, 1]).all()
    assert "two tones" in some.notes[-1]
    if temperature == 1.0 and measure is HeatMeasure.SURPRISE:
        assert (bands[:, 0] == bands[:, 1]).all()
    elif measure is HeatMeasure.ENTROPY:
        assert (bands[:, 0] < bands[:, 1]).any()
    # A line stands where it is certain that the favourite would be drawn.
    assert not (some.turned(sent) & ~whole.turned(records)).any()
