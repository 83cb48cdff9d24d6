"""A sweep: many samples at several values of one parameter, measured, with what they show.

`plan` says what is written, `samples` keeps it, `figures` measures it with intervals,
`recommendation` applies a criterion, `sweep_page` shows all of it.
"""
