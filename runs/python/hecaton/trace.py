"""A trace.h5 of hecaton."""
import functools
import json
import os

import h5py
import numpy

from hecaton.bins import Bins
from hecaton.checksums import read
from hecaton.frames import frame, read_table, text_of, units_of

SCHEMA = 1
# A step of a link: down, right. Row 0 is in the north, column 0 in the west.
DIRECTIONS = {"east": (0, 1), "west": (0, -1), "south": (1, 0), "north": (-1, 0)}
BY = {"kind", "stage", "layer"}


def _step(apart, size):
    """From places apart to a step: what is as far apart as the package is wide is the wrap of a torus.

    A line of two dies has none: they are neighbours already.
    """
    wraps = (numpy.abs(apart) == size - 1) & (size > 2)
    return numpy.where(wraps, -numpy.sign(apart), apart)


class Trace:
    """Tables are read when they are first asked for; the file is closed in between."""

    def __init__(self, path):
        self.path = os.fspath(path)
        with h5py.File(self.path, "r") as file:
            schema = file.attrs.get("schema")
            if schema is None or "summary" not in file:
                raise ValueError(f"{self.path}: is no trace of hecaton")
            if schema != SCHEMA:
                raise ValueError(f"{self.path}: its schema is {schema}, this module reads {SCHEMA}")
            self.shape = int(file.attrs["rows"]), int(file.attrs["columns"])
            self.simulated_ps = int(file.attrs["simulated_ps"])
        told = tuple(self.summary[key] for key in ("rows", "columns", "simulated_ps"))
        if told != (*self.shape, self.simulated_ps):
            raise ValueError(f"{self.path}: its attributes are not those of its summary: it was changed or damaged")

    def __repr__(self):
        return f"hecaton.Trace({self.path!r})"

    def _table(self, name, leave_out=()):
        with h5py.File(self.path, "r") as file:
            return read_table(file[name], leave_out) if name in file else None

    def _text(self, name):
        with h5py.File(self.path, "r") as file:
            return text_of(read(file[name]).tobytes().rstrip(b"\0"))

    @functools.cached_property
    def summary(self):
        """The results, as in summary.json; without what varies from run to run (see `run`)."""
        return json.loads(self._text("summary"))

    @functools.cached_property
    def run(self):
        """What varies from run to run: version, ranks, wall time."""
        return json.loads(self._text("provenance/run"))

    @functools.cached_property
    def deck(self):
        """The resolved deck: a dict of tables where Python can read TOML (3.11 on), its text elsewhere."""
        try:
            import tomllib
        except ImportError:
            return self.deck_text
        return tomllib.loads(self.deck_text)

    @functools.cached_property
    def deck_text(self):
        """The resolved deck as it stands in the file."""
        return self._text("deck")

    @functools.cached_property
    def dies(self):
        """A row per compute die: place, counters, times, energies."""
        return self._table("dies")

    @functools.cached_property
    def links(self):
        """A row per directed link, by (from, to)."""
        return self._table("links")

    @functools.cached_property
    def channels(self):
        """A row per DRAM channel, by (io_die, channel); None as `bins`."""
        return self._table("channels")

    @functools.cached_property
    def bins(self):
        """When links and DRAM channels were busy (Bins); None for a trace without (`run --bins 0`, or an old one)."""
        with h5py.File(self.path, "r") as file:
            return Bins(file["bins"]) if "bins" in file else None

    @functools.cached_property
    def stalls(self):
        """A row per directed link, as `links`: its time in four parts, which add up to what was simulated.

        `sending_ps`: it was transmitting. Else `credit_ps`: a message waited for a credit; `rival_ps`: one was held up by
        another; `nothing_ps`: nothing was there. None for a trace without (`run --stalls off`, or an old one).
        """
        return self._table("stalls")

    @functools.cached_property
    def messages(self):
        """A row per message, by source and hand-over; None for a trace without. `run --trace messages` records them."""
        return self._table("messages", leave_out=("offsets",))

    @functools.cached_property
    def marks(self):
        """A row for each time that a die enters a pass, layer or mini-batch, by die and time; None without operations."""
        return self._table("marks", leave_out=("offsets",))

    @functools.cached_property
    def operations(self):
        """A row per finished operation, by die and then by time; empty if the trace has none."""
        return self._table("operations", leave_out=("offsets",))

    @functools.cached_property
    def strata(self):
        """Kinds of segments of a sampled step; None for a step that was simulated whole."""
        return self._table("strata")

    @functools.cached_property
    def segments(self):
        """The segments of a sampled step that were simulated, with the name of their stratum; None as `strata`."""
        segments = self._table("segments")
        if segments is None:
            return None
        names = numpy.asarray(self.strata["name"])
        columns = {name: numpy.asarray(segments[name]) for name in segments.columns}
        columns["name"] = names[columns["stratum"]]
        return frame(columns, {**units_of(segments), "name": "1"})

    @functools.cached_property
    def _critical_path(self):
        return self._table("critical_path")

    def critical_path(self, by=None):
        """What the end of the step waited for, back to its start: a row per segment, in the order of time.

        With `by`, a column such as "part", "pass" or "layer": sums of time for each of its values, which add up to the
        path. None for a trace without one; `run --trace path` records it. Of a sampled step, of what was simulated.
        """
        path = self._critical_path
        if path is None or by is None:
            return path
        if by not in path.columns:
            raise ValueError(f"critical_path({by!r}): choose one of {', '.join(path.columns)}")
        cells = numpy.asarray(path[by])
        keys, place = numpy.unique(cells.astype(str) if cells.dtype.kind == "O" else cells, return_inverse=True)
        time = numpy.zeros(len(keys), dtype=numpy.int64)
        numpy.add.at(time, place, numpy.asarray(path["end_ps"]) - numpy.asarray(path["start_ps"]))
        return frame({by: keys, "time_ps": time}, {by: units_of(path)[by], "time_ps": "ps"})

    def link_map(self, column="busy_ps"):
        """What links carried, for each direction an array of rows x columns at the die that the link leaves.

        `busy_ps` is given as a share of the simulated time, any other column as it is. NaN: no such link. Links between
        dies and their IO dies are left out. A bypass ring runs over links of neighbours: they have its bytes.
        """
        links = {name: numpy.asarray(self.links[name]) for name in self.links.columns}
        value = links[column] / max(self.simulated_ps, 1) if column == "busy_ps" else links[column].astype(float)
        down, right = self._steps(links)
        maps = {}
        for name, step in DIRECTIONS.items():
            of = self._joins_dies(links) & (down == step[0]) & (right == step[1])
            load = numpy.full(self.shape, numpy.nan)
            load[links["from_row"][of], links["from_column"][of]] = value[of]
            maps[name] = load
        return maps

    def _joins_dies(self, links):
        dies = self.shape[0] * self.shape[1]
        return (links["from"] < dies) & (links["to"] < dies)

    def _steps(self, links):
        apart = (links[f"to_{axis}"].astype(int) - links[f"from_{axis}"] for axis in ("row", "column"))
        torus = "topology = \"torus\"" in self.deck_text
        return tuple(_step(d, size) if torus else d for d, size in zip(apart, self.shape))

    def time_by(self, column, die=None):
        """Sums over operations for each kind, stage or layer: rows of the name, how many, and their time in ps.

        Transfers overlap other work, so sums may be longer than the step. `die` picks one; else all dies are summed up.
        """
        if column not in BY:
            raise ValueError(f"time_by({column!r}): choose one of {', '.join(sorted(BY))}")
        rows = self.operations
        of = numpy.ones(len(rows), dtype=bool) if die is None else numpy.asarray(rows["die"]) == die
        keys, place = numpy.unique(numpy.asarray(rows[column])[of].astype(str if column != "layer" else int),
                                   return_inverse=True)
        duration = (numpy.asarray(rows["end_ps"]) - numpy.asarray(rows["start_ps"]))[of]
        time = numpy.zeros(len(keys), dtype=numpy.int64)
        numpy.add.at(time, place, duration)
        count = numpy.bincount(place, minlength=len(keys))
        return frame({column: keys, "operations": count, "time_ps": time},
                     {column: "1", "operations": "1", "time_ps": "ps"})

    def plot_link_map(self, column="busy_ps"):
        """A matplotlib figure with a picture for each direction."""
        import matplotlib.pyplot
        maps = self.link_map(column)
        most = max((numpy.nanmax(load) for load in maps.values() if not numpy.isnan(load).all()), default=1)
        figure, axes = matplotlib.pyplot.subplots(2, 2, constrained_layout=True)
        for (name, load), axis in zip(maps.items(), axes.flat):
            picture = axis.imshow(load, vmin=0, vmax=most)
            axis.set_title(name)
        figure.colorbar(picture, ax=axes, label="share of time" if column == "busy_ps" else column)
        return figure

    def plot_time_by(self, column):
        """A matplotlib figure with a bar for each kind, stage or layer: time in ms, mean over dies."""
        import matplotlib.pyplot
        sums = self.time_by(column)
        dies = self.shape[0] * self.shape[1]
        figure, axis = matplotlib.pyplot.subplots(constrained_layout=True)
        axis.barh([str(key) for key in sums[column]], numpy.asarray(sums["time_ps"]) / dies * 1e-9)
        axis.set_xlabel("time of a die in ms, mean")
        axis.set_ylabel(column)
        return figure
