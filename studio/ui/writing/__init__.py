"""What surrounds the page: brief, writing actions, takes, files and their questions, recovery."""
