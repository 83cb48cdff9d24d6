"""The windows in which a temperature is tuned to a task."""
