"""What `bootstrap.py` is made of.

`system` knows what an operating system must bring, `environment` what is installed in .venv and
whether it is current, `running` how a child process is watched, `display` the tests' screen,
`locks` how the locks are made, and `commands` puts them together. None imports the program.
"""
