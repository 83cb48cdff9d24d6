"""One prompt continued in several lanes, a batch a step."""
