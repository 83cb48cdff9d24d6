"""What the tests of the samplers share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio.sampling.logits import kernels


@pytest.fixture(scope="module", params=["compiled", "numpy"])
def either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Has the tests of a module run twice: with the passes in C, and with numpy alone."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "numpy":
            patch.setattr(kernels, "_library", None)
        elif not kernels.are_compiled():
            pytest.skip("the passes in C are not compiled here")
        yield
