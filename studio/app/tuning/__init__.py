"""Which temperature for this task: measured on texts of the writer's own."""
