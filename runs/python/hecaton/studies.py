"""The table.h5 of a study."""
import os

import h5py

from hecaton.frames import read_table

SCHEMA = 1


def sweep(path):
    """A row per point of a study: the values that were set, and the figures of its summary.

    `path` is a table.h5 or the folder that it is in. A figure that a point does not have is NaN, an empty text or 0.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        path = os.path.join(path, "table.h5")
    with h5py.File(path, "r") as file:
        if "points" not in file or file.attrs.get("schema") != SCHEMA:
            raise ValueError(f"{path}: is no table of a study that this module reads")
        return read_table(file["points"])
