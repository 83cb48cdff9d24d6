"""What is known of tokens, and what the parameters in force make of them."""
