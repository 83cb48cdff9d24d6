"""Measures of written texts: how likely, how varied, how repetitive, and whether a form is held.

Pure functions, each with the source of its formula. Libraries that one of them needs are imported
when it is called.
"""
