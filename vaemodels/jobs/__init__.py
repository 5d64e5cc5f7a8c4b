"""Training as jobs of a Dask cluster: `job` is a run as its owner sees it, `task` what a worker does, `queue` the order
of turns, `cluster` the way to a scheduler.
"""

from vaemodels.jobs.cluster import connect, start_local_cluster
from vaemodels.jobs.job import Job, follow, submit
from vaemodels.jobs.queue import Queue
from vaemodels.jobs.task import HELD_OUT_IMAGES

__all__ = ["HELD_OUT_IMAGES", "Job", "Queue", "connect", "follow", "start_local_cluster", "submit"]
