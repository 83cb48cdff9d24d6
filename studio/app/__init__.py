"""What a window is about, without a widget: the layer below `ui`, which alone has widgets."""
