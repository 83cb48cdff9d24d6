"""The exponential that numpy is quickest at on this processor, and its base.

With AVX-512 numpy takes 2 to a power in half the time of e to a power; with less it has no vector
code for the former, and takes twice the time. The base is all that differs: e^x is `power` of
x·PER_NAT.
"""

import math

import numpy as np

HAS_AVX_512 = "X86_V4" in np.show_config(mode="dicts")["SIMD Extensions"]["found"]
"""By numpy's names: whether it found x86-64-v4 when it was imported."""

power = np.exp2 if HAS_AVX_512 else np.exp
PER_NAT = math.log2(math.e) if HAS_AVX_512 else 1.0
