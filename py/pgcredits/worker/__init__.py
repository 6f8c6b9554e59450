"""The periodic jobs, and the process that runs them.

A job is a loop of short transactions, each of which does a bounded part of what is due. Running one
twice at once, or stopping it between two of them, does no harm: nothing but time is lost.
"""

from __future__ import annotations

from pgcredits.worker.jobs import JOBS, Batch, Job, batches, connect

__all__ = ["JOBS", "Batch", "Job", "batches", "connect"]
