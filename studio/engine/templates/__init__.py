"""Chat templates: a model's own, rendered in a process with hard limits."""
