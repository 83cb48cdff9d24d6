"""The Compare page: lanes of one prompt, side by side."""
