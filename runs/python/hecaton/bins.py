"""When links and DRAM channels were busy, and how full buffers were."""
import numpy

from hecaton.checksums import read
from hecaton.frames import text_of


class Bins:
    """Arrays with a column for each bin of the simulated time, all `width_ps` wide, from time 0 on.

    `links` and `channels` are times at work in picoseconds, with a row for each row of the trace's tables of these names.
    `router_buffers` has a row for each node: the time for which messages had a place in the buffers of its router, all
    messages added up; `mean_messages()` is their mean number. `activation_buffer` and `weight_buffer` have a row for each
    die: the most bytes that were in the buffer at any time of the bin. These are None where the trace has none. `covers` says
    whether all that is of the whole run, or of what was simulated of a sampled step.
    """

    units = {"links": "ps", "channels": "ps", "router_buffers": "ps", "activation_buffer": "B", "weight_buffer": "B",
             "width_ps": "ps", "starts_ps": "ps"}

    def __init__(self, group):
        self.links, self.channels = read(group["links"]), read(group["channels"])
        self.router_buffers, self.activation_buffer, self.weight_buffer = (
            read(group[name]) if name in group else None for name in ("router_buffers", "activation_buffer", "weight_buffer"))
        self.width_ps = int(group["links"].attrs["width_ps"])
        self.covers = text_of(group.attrs["covers"])

    @property
    def starts_ps(self):
        """When each bin begins."""
        return numpy.arange(self.links.shape[1], dtype=numpy.int64) * self.width_ps

    def mean_messages(self):
        """Messages in the buffers of each node's router, mean over each bin; None as `router_buffers`."""
        return None if self.router_buffers is None else self.router_buffers / self.width_ps

    def shares(self, of="links"):
        """Shares of the width instead of times; of="channels" for DRAM channels."""
        if of not in ("links", "channels"):
            raise ValueError(f"shares({of!r}): choose links or channels")
        return getattr(self, of) / self.width_ps
