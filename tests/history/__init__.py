"""What many real sessions did at once, written down while they did it and checked afterwards.

========  ========================================================================================
module    subject
========  ========================================================================================
`record`  `Recorder`: one session that notes each call, its answer and both times in a `History`
`load`    `Load`: random calls of every writer on a few accounts; `run`: N sessions that make them
`check`   `check`: does one serial order explain every answer? Fails with all that it cannot
`replay`  one account's ledger replayed through the model of `tests.model`
========  ========================================================================================

The order to check is not searched for: it is in the ledger. Each account's entries are numbered in
the order of its commands, so a history is checked in one pass.
"""
