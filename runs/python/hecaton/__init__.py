"""Reads what hecaton writes: traces and tables of studies.

    import hecaton
    trace = hecaton.Trace("out/hecaton/trace.h5")
    trace.summary["training"]["step_s"]
    trace.operations["end_ps"].max()
    trace.time_by("kind")
    trace.link_map()["east"]        # rows x columns of dies, share of the time
    trace.bins.shares()[5]          # of the link in row 5 of trace.links: share of each bin of time
    hecaton.sweep("out/ring-size/table.h5")["step_s"]

Needs numpy and h5py. A table is a pandas.DataFrame where pandas is installed (units in its `attrs`), and a Frame, a dict of
arrays, elsewhere. Plots need matplotlib.
"""
from hecaton.bins import Bins
from hecaton.frames import Frame, frame, units_of
from hecaton.studies import sweep
from hecaton.trace import DIRECTIONS, Trace

__all__ = ["Bins", "DIRECTIONS", "Frame", "Trace", "frame", "sweep", "units_of"]
__version__ = "0.1.0"
