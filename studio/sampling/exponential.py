"""The exponential that numpy is quickest at on this processor, and its base.

With AVX-512 numpy takes 2 to a power in half the time of e to a power; with less it has no vector
code for the former, and takes twice the time. The base is all that differs: e^x is `power` of
x·PER_NAT.
"""

import math

import numpy as np

_AVX_512 = {"X86_V4", "AVX512_SKX"}
"""Its name in numpy from 2.4 on, and before."""


def _found() -> set[str]:
    """Return which extensions of its baseline numpy found here; it leaves out what is empty."""
    extensions = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return set(extensions.get("found", ()))


HAS_AVX_512 = bool(_AVX_512 & _found())
"""As numpy saw it when it was imported."""

power = np.exp2 if HAS_AVX_512 else np.exp
PER_NAT = math.log2(math.e) if HAS_AVX_512 else 1.0
