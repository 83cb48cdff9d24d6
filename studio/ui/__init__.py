"""The window: the only package that knows Qt and pyqtgraph.

Widgets hold no state that matters and never read each other: each binds to a state object's
signals and calls its methods. `application` builds and injects; there are no global objects.
"""
