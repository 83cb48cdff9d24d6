"""What stays of a distribution when the model has moved on, and the samplers run on that."""
