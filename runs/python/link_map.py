import sys, h5py, numpy as np  # python3 link_map.py TRACE: how busy each link was, one matrix per direction

with h5py.File(sys.argv[1]) as trace:
    links = {name: data[:].astype(int) for name, data in trace["links"].items()}
    shape = trace.attrs["rows"], trace.attrs["columns"]
    busy = links["busy_ps"] / trace.attrs["simulated_ps"]
apart = [links["to_" + axis] - links["from_" + axis] for axis in ("row", "column")]
down, right = (np.where(abs(d) > 1, -np.sign(d), d) for d in apart)  # what is further apart is the wrap of a torus
for name, step in {"east": (0, 1), "west": (0, -1), "south": (1, 0), "north": (-1, 0)}.items():
    of = (down == step[0]) & (right == step[1])
    load = np.zeros(shape)
    load[links["from_row"][of], links["from_column"][of]] = busy[of]
    print(name, load.round(4), sep="\n")
