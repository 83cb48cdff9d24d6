"""Temperature taught in seven steps on the writer’s own sentence."""
