"""Colours, palette, stylesheet, and the widgets that draw themselves by them."""
