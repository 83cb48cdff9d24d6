"""Other programs' documents: a manuscript written for them to read, and theirs read as a text."""

DOCUMENT_SUFFIXES = frozenset({".docx", ".odt"})
"""What is opened, by its name."""
