"""What is known of a token, and what the parameters in force make of it."""
