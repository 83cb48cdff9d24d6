"""Which filter did it alone: against what each would do alone, on real logits."""

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.app.parameters.sampling_order import only_filter
from studio.app.tokens.shape import cut_by
from studio.sampling import NO_STATE, LogitSketch, SamplingParams


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.0])
@pytest.mark.parametrize(
    "order", [("top_k", "top_p", "min_p", "temperature"), ("temperature", "top_k", "top_p")]
)
@pytest.mark.parametrize("top_k", [5, 40])
@pytest.mark.parametrize("top_p", [0.3, 0.8, 0.95])
def test_it_is_the_first_that_would_cut_the_same_alone(
    real_logits: NDArray[np.float32],
    temperature: float,
    order: tuple[str, ...],
    top_k: int,
    top_p: float,
) -> None:
    params = SamplingParams(
        temperature=temperature, samplers=order, top_k=top_k, top_p=top_p, min_p=0.02
    )
    labels = {"top_k": f"top-k {top_k}", "top_p": f"top-p {top_p}", "min_p": "min-p 0.02"}
    for row in real_logits[::9]:
        sketch = LogitSketch.of(row)
        top = sketch.shaped(params)
        same = [
            labels[name]
            for name in order
            if name in labels and sketch.shaped(only_filter(params, name)).kept == top.kept
        ]
        assert cut_by(sketch, params, (), NO_STATE, top) == (same[0] if same else "")
