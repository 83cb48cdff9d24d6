"""What the README shows is true."""

import re
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_links_and_pictures_are_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_its_program_runs_and_means_what_it_says(starter_model: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    llama = llama_cpp.Llama(
        str(starter_model), n_ctx=64, n_threads=1, n_threads_batch=1, n_gpu_layers=0, verbose=False
    )
    logits = np.array([3.0, 2.0, -1.0, -4.0], np.float32)
    names: dict[str, Any] = {"llama": llama, "logits": logits}
    llama.set_seed(3)
    exec(program, names)
    weights = np.exp(logits.astype(np.float64) / 0.7) * [1, 1, 0, 0]
    llama.set_seed(3)
    plain: Any = llama.create_completion("The sea", temperature=0.7, top_k=0, top_p=1.0, min_p=0.0)
    llama.close()
    assert names["probabilities"] == pytest.approx(weights / weights.sum(), rel=1e-6)
    assert names["token"] in (0, 1)
    assert names["completion"]["choices"][0]["text"] == plain["choices"][0]["text"] != ""
