"""The tail of a distribution, all but its best tokens, as a smooth function of β.

Measured at a few nodes and interpolated between them: what makes a sketch small.
"""
