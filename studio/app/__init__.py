"""What a window is about, without a widget: the layer below `ui`, which alone has widgets."""

import logging

# Until the program has a log (`studio.app.log`), and in tests, nothing is printed in its place.
logging.getLogger("studio").addHandler(logging.NullHandler())
