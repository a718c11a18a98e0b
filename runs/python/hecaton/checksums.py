"""Columns and texts of the program's files carry a checksum of their cells: what was changed since is refused."""
import numpy

OF_ROW, ODD, OTHER_ODD = (numpy.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def checksum(cells):
    """Of an array as it lies in the file; a text is a column of bytes. Modulo 2^64, as arrays of numpy count."""
    raw = numpy.ascontiguousarray(cells).tobytes()
    width = 1 if cells.dtype.kind == "S" else cells.dtype.itemsize
    values = numpy.frombuffer(raw, dtype=f"<u{width}").astype(numpy.uint64)
    rows = numpy.arange(1, len(values) + 1, dtype=numpy.uint64)
    values = (values ^ (rows * OF_ROW)) * ODD
    return int(numpy.sum((values ^ (values >> numpy.uint64(32))) * OTHER_ODD, dtype=numpy.uint64))


def read(dataset):
    """All cells of a dataset. ValueError if they are not those that were written."""
    cells = dataset[...]
    told = dataset.attrs.get("checksum")
    if told is not None and int(told) != checksum(cells):
        raise ValueError(f"{dataset.file.filename}: the checksum of {dataset.name} is not that of its contents: it was changed "
                         "or damaged since it was written")
    return cells
