"""Heat: the manuscript tinted by what is known of its tokens."""
