"""The command line, one module a subcommand. Imports no Qt."""
