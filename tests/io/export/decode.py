"""Reads Perfetto's protobuf without its library: only the fields that a trace of ours may have, by their public numbers."""

PACKET = {8: ("timestamp", int), 10: ("sequence", int), 11: ("event", "event"), 12: ("interned", "interned"),
          13: ("flags", int), 60: ("track", "track")}
TRACK = {1: ("uuid", int), 2: ("name", str), 3: ("process", "process"), 5: ("parent", int), 11: ("ordering", int),
         12: ("rank", int)}
EVENT = {3: ("categories", int), 4: ("annotations", "annotation"), 9: ("type", int), 10: ("name", int), 11: ("track", int)}
ENTRY = {1: ("iid", int), 2: ("text", str)}
MESSAGES = {
    "packet": PACKET, "track": TRACK, "event": EVENT, "entry": ENTRY, "process": {1: ("pid", int), 6: ("name", str)},
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
        assert tag & 7 == (0 if content is int else 2), f"{kind}.{name} has wire type {tag & 7}"
        value, at = varint(data, at)
        if content is not int:
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
    """Tracks by uuid, and every slice as (track, start in ns, end in ns, name, category, arguments), in the order of the file.

    Each track must show its slices in turn: an end after its begin, and no begin before the end of the one before.
    """
    tracks, found, running, free, names = {}, [], {}, {}, None
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
            if event["type"] == 1:
                assert event["track"] not in running, "a slice begins within another"
                assert time >= free.get(event["track"], 0), "a slice begins before the one before ended"
                arguments = {}
                for each in event["annotations"]:
                    integer = each.get("integer")
                    signed = integer - (1 << 64) if integer is not None and integer >= 1 << 63 else integer
                    text = names["texts"].get(each.get("text"))
                    arguments[names["annotations"][each["name"]]] = next(
                        value for value in (text, signed, each.get("unsigned")) if value is not None)
                running[event["track"]] = (time, names["events"][event["name"]], names["categories"][event["categories"]],
                                           arguments)
            else:
                assert event["type"] == 2
                start, name, category, arguments = running.pop(event["track"])
                assert time >= start, "a slice ends before it begins"
                free[event["track"]] = time
                found.append((event["track"], start, time, name, category, arguments))
    assert not running, "a slice does not end"
    return tracks, found
