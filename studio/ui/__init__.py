"""The window: the only package that knows Qt and pyqtgraph.

Widgets hold no state that matters and never read each other: each binds to a state object's
signals and calls its methods. `application` builds and injects; there are no global objects.

    main_window, window_actions, session   what is put together, and in which order
    engine_line, model                     the child process; which model is open in it
    writing, editor                        the manuscript: written, previewed, shown
    tokens                                 what is known of a token, and what parameters make of it
    temperature, histogram, heat,          views of that, a package each
    word, landscape, explain
    parameters, presets                    how it is sampled; how that is kept and shared
    compare                                lanes side by side
    theme, widgets                         how everything looks; parts that any panel may use
"""
