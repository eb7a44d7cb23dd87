"""``make demo``: the whole portal on one machine, started and stopped as one thing.

It prepares what is missing (servers, tables, starting content, demo data, accounts), starts web,
two workers and beat, waits until a page really answers, and on Ctrl-C stops what it started and
nothing else. What was prepared is remembered, so that a second start is quick and an interrupted
first start goes on where it stopped.
"""
