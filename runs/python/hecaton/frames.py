"""Tables: pandas.DataFrame where pandas is installed, a dict of arrays elsewhere."""
import numpy

from hecaton.checksums import read

try:
    import pandas
except ImportError:
    pandas = None


class Frame(dict):
    """Columns by name, all of one length. `units` has the unit of each, "1" for a plain number."""

    def __init__(self, columns, units):
        super().__init__(columns)
        self.units = dict(units)
        if len({len(column) for column in self.values()}) > 1:
            raise ValueError("the columns of a table differ in length")

    def __len__(self):
        """The number of rows, as of a DataFrame."""
        return len(next(iter(self.values()), ()))

    @property
    def columns(self):
        return list(self.keys())


def frame(columns, units):
    """A table from columns and their units."""
    if pandas is None:
        return Frame(columns, units)
    table = pandas.DataFrame(columns)
    table.attrs["units"] = dict(units)
    return table


def units_of(table):
    """The unit of each column of a table, whichever it is."""
    return table.units if isinstance(table, Frame) else table.attrs["units"]


def text_of(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def read_table(group, leave_out=()):
    """A table from the datasets of a group. Numbers of an enum become its words, texts are padded no more."""
    columns, units = {}, {}
    for name, dataset in group.items():
        if name in leave_out:
            continue
        cells = read(dataset)
        if "names" in dataset.attrs:
            words = numpy.array([text_of(word) for word in dataset.attrs["names"]], dtype=object)
            cells = words[cells]
        elif cells.dtype.kind in "SO":
            cells = numpy.array([text_of(cell) for cell in cells], dtype=object)
        columns[name] = cells
        units[name] = text_of(dataset.attrs.get("units", "1"))
    return frame(columns, units)
