"""Presets in the window: the picker, the library, import and export."""
