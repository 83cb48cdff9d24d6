"""Temperature taught in eight steps on the writer’s own sentence."""
