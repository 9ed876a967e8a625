"""What `tools.bench.faults` does to a hub, a module a kind.

`kills` kills it under load, `soak` lets it listen for hours, `faults` takes away what it needs, `fuzz` feeds it what
nobody should send; `sounds` is what is said to it, `mosquitto` and `running` are the broker and the process.
"""
