"""Data augmentation: many texts of each of many prompts, as a data set with its figures.

What is asked for is a `plan`; prompts come from a `prompt_table` through `templates`. An
`augmentation` asks for samples until each prompt has its rows, and keeps every one of them in a
`journal`, from which it goes on after a kill. In the end the rows are written (`rows`), with a card
(`card`).
"""
