"""What a trace holds outside /provenance, for comparing traces."""
import h5py


def attributes(thing):
    return {name: str(value) for name, value in thing.attrs.items()}


def content(trace):
    """Every attribute and the type, shape and bytes of every dataset that lie outside /provenance."""
    found = {}

    def visit(name, thing):
        if name.split("/")[0] == "provenance":
            return
        found[name + " attributes"] = attributes(thing)
        if isinstance(thing, h5py.Dataset):
            value = thing[()]
            found[name] = (str(thing.dtype), thing.shape, value.tobytes() if hasattr(value, "tobytes") else value)

    with h5py.File(trace, "r") as file:
        found["/"] = attributes(file)
        file.visititems(visit)
    return found
