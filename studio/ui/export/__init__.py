"""The manuscript written for other programs: the dialog, and pages set by Qt."""
