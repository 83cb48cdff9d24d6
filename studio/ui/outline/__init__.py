"""The outline beside the page: a text's chapters, to go to and to move."""
