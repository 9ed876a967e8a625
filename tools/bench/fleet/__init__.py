"""A fleet of simulated homes that report, and homes that never do: what the upstream loop is measured on.

`planted` says what the recognisers of many homes mistake alike, `homes` who lives where, `hub` makes their turns,
`lives` lets them live and sends their reports, `truth` knows what was meant, `link` tries to tell homes by what they
report. `tools.bench.upstream` puts it together.
"""
