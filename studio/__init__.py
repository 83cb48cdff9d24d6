"""Kelvin Studio: a text-generation studio for writers, where temperature is an instrument.

This module knows the version and imports nothing, so that `import studio` costs nothing.
"""

__version__ = "0.1.0"
