"""The logits of a whole vocabulary: which are the best, and what any rank or β asks of the rest.

The passes over all of them are in C where they are compiled (`kernels`).
"""
