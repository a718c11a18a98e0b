"""When links and DRAM channels were busy."""
import numpy

from hecaton.checksums import read
from hecaton.frames import text_of


class Bins:
    """Time at work in bins of the simulated time, all `width_ps` wide, from time 0 on.

    `links` and `channels` are arrays with a row for each row of the trace's tables of these names and a column for each bin,
    in picoseconds. `covers` says whether that is all of the run, or what was simulated of a sampled step.
    """

    units = {"links": "ps", "channels": "ps", "width_ps": "ps", "starts_ps": "ps"}

    def __init__(self, group):
        self.links, self.channels = read(group["links"]), read(group["channels"])
        self.width_ps = int(group["links"].attrs["width_ps"])
        self.covers = text_of(group.attrs["covers"])

    @property
    def starts_ps(self):
        """When each bin begins."""
        return numpy.arange(self.links.shape[1], dtype=numpy.int64) * self.width_ps

    def shares(self, of="links"):
        """Shares of the width instead of times; of="channels" for DRAM channels."""
        if of not in ("links", "channels"):
            raise ValueError(f"shares({of!r}): choose links or channels")
        return getattr(self, of) / self.width_ps
