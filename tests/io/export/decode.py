"""Reads Perfetto's protobuf without its library: only the fields that a trace of ours may have, by their public numbers."""

PACKET = {8: ("timestamp", int), 10: ("sequence", int), 11: ("event", "event"), 12: ("interned", "interned"),
          13: ("flags", int), 60: ("track", "track")}
TRACK = {1: ("uuid", int), 2: ("name", str), 3: ("process", "process"), 5: ("parent", int), 8: ("counter", "counter"),
         11: ("ordering", int), 12: ("rank", int)}
EVENT = {3: ("categories", int), 4: ("annotations", "annotation"), 9: ("type", int), 10: ("name", int), 11: ("track", int),
         30: ("value", int), 47: ("flow", "fixed"), 48: ("ending_flow", "fixed")}
SLICE_BEGIN, SLICE_END, INSTANT, COUNTER = 1, 2, 3, 4
ENTRY = {1: ("iid", int), 2: ("text", str)}
MESSAGES = {
    "packet": PACKET, "track": TRACK, "event": EVENT, "entry": ENTRY, "process": {1: ("pid", int), 6: ("name", str)},
    "counter": {6: ("unit", str)},
    "annotation": {1: ("name", int), 3: ("unsigned", int), 4: ("integer", int), 17: ("text", int)},
    "interned": {1: ("categories", "entry"), 2: ("events", "entry"), 3: ("annotations", "entry"), 29: ("texts", "entry")},
}
REPEATED = {("event", "annotations"), *(("interned", name) for name, _ in MESSAGES["interned"].values())}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            assert value < 1 << 64, "a number of more than 64 bits"
            return value, at


def decode(kind, data):
    """A message as a dict. A field that is not known, or stands twice, is an error."""
    message, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        assert tag >> 3 in MESSAGES[kind], f"{kind} has no field {tag >> 3}"
        name, content = MESSAGES[kind][tag >> 3]
        wire = 0 if content is int else 1 if content == "fixed" else 2
        assert tag & 7 == wire, f"{kind}.{name} has wire type {tag & 7}"
        if wire == 1:
            assert at + 8 <= len(data), f"{kind}.{name} is cut off"
            value, at = int.from_bytes(data[at:at + 8], "little"), at + 8
        else:
            value, at = varint(data, at)
        if wire == 2:
            assert at + value <= len(data), f"{kind}.{name} is cut off"
            content_bytes, at = data[at:at + value], at + value
            value = content_bytes.decode() if content is str else decode(content, content_bytes)
        if (kind, name) in REPEATED:
            message.setdefault(name, []).append(value)
        else:
            assert name not in message, f"{kind}.{name} stands twice"
            message[name] = value
    return message


def packets(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        assert tag == 1 << 3 | 2, "a trace is packets"
        size, at = varint(data, at)
        yield decode("packet", data[at:at + size])
        at += size


def slices(data):
    """Tracks by uuid, and every slice as (track, start in ns, end in ns, name, category, arguments), in the order of the file."""
    return timeline(data)[:2]


def arguments_of(event, names):
    arguments = {}
    for each in event["annotations"]:
        integer = each.get("integer")
        signed = integer - (1 << 64) if integer is not None and integer >= 1 << 63 else integer
        text = names["texts"].get(each.get("text"))
        arguments[names["annotations"][each["name"]]] = next(
            value for value in (text, signed, each.get("unsigned")) if value is not None)
    return arguments


def timeline(data):
    """Tracks by uuid, slices, samples of counters as (track, time in ns, value), and instants as (track, time in ns, name,
    arguments, flow that begins there or None, flow that ends there or None).

    Each track must show its slices in turn: an end after its begin, and no begin before the end of the one before; and its
    samples and instants in the order of time. A track of counters has nothing else.
    """
    tracks, found, running, free, names = {}, [], {}, {}, None
    samples, instants = [], []
    for packet in packets(data):
        assert packet["sequence"] == 1
        if "interned" in packet:
            assert names is None and packet["flags"] == 3, "names are given once, first"
            names = {kind: {entry["iid"]: entry["text"] for entry in entries} for kind, entries in packet["interned"].items()}
            for kind, entries in packet["interned"].items():
                assert 0 not in names[kind] and len(names[kind]) == len(entries), kind
        elif "track" in packet:
            track = packet["track"]
            assert track["uuid"] not in tracks and track["uuid"] != 0
            assert "process" in track or track["parent"] in tracks, "a process comes before its tracks"
            tracks[track["uuid"]] = track
        else:
            event, time = packet["event"], packet["timestamp"]
            assert packet["flags"] == 2 and "parent" in tracks[event["track"]]
            assert (event["type"] == COUNTER) == ("counter" in tracks[event["track"]]), "samples are on tracks of counters"
            if event["type"] in (COUNTER, INSTANT):
                assert time >= free.get(event["track"], 0), "time goes back on a track"
                free[event["track"]] = time
            if event["type"] == COUNTER:
                samples.append((event["track"], time, event["value"]))
            elif event["type"] == INSTANT:
                instants.append((event["track"], time, names["events"][event["name"]], arguments_of(event, names),
                                 event.get("flow"), event.get("ending_flow")))
            elif event["type"] == SLICE_BEGIN:
                assert event["track"] not in running, "a slice begins within another"
                assert time >= free.get(event["track"], 0), "a slice begins before the one before ended"
                running[event["track"]] = (time, names["events"][event["name"]], names["categories"][event["categories"]],
                                           arguments_of(event, names))
            else:
                assert event["type"] == SLICE_END
                start, name, category, arguments = running.pop(event["track"])
                assert time >= start, "a slice ends before it begins"
                free[event["track"]] = time
                found.append((event["track"], start, time, name, category, arguments))
    assert not running, "a slice does not end"
    return tracks, found, samples, instants
