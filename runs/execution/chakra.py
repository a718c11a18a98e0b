"""Writes execution traces of the Chakra schema (arXiv:2305.14516): a file per rank, encoded by hand.

A file is a row of protobuf messages, each after its length as a varint: GlobalMetadata first, then the nodes.
Units: sizes in bytes, durations in whole microseconds, num_ops in floating-point operations.
"""
import functools
import struct
import typing

VERSION = "0.0.4"  # of the schema
MASK64 = (1 << 64) - 1

# Types of nodes and of collectives, as the schema numbers them.
METADATA, MEM_LOAD, MEM_STORE, COMP, COMM_SEND, COMM_RECV, COMM_COLL = range(1, 8)
COLLECTIVES = {"all-reduce": 0, "reduce": 1, "all-gather": 2, "broadcast": 5, "all-to-all": 6, "reduce-scatter": 7,
               "barrier": 9}

# The field of an attribute's value, by its kind.
VALUE_FIELDS = {"double": 3, "float": 5, "int32": 7, "int64": 9, "uint32": 11, "uint64": 13, "bool": 27, "string": 29}


class Node(typing.NamedTuple):
    """A piece of a rank's work; it starts when all nodes that it names in its two lists of ids are over."""
    id: int
    name: str
    type: int
    ctrl_deps: tuple
    data_deps: tuple
    duration_micros: int
    attributes: tuple  # of (name, kind, value), kind being one of VALUE_FIELDS

    def value(self, name):
        """Of an attribute; None if the node has none of that name."""
        return next((value for key, _, value in self.attributes if key == name), None)


@functools.lru_cache(maxsize=4096)
def varint(number):
    """Seven bits a byte, the lowest first; a negative number as its 64 bits in two's complement."""
    number &= MASK64
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def varint_field(field, number):
    return varint(field << 3) + varint(number)


def bytes_field(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def attribute(name, kind, value):
    """The encoded message of one attribute. A value of 0 is written too: it says which kind it is of."""
    field = VALUE_FIELDS[kind]
    if kind == "string":
        encoded = bytes_field(field, value.encode())
    elif kind == "double":
        encoded = varint(field << 3 | 1) + struct.pack("<d", value)
    elif kind == "float":
        encoded = varint(field << 3 | 5) + struct.pack("<f", value)
    else:
        encoded = varint_field(field, int(value))
    return bytes_field(1, name.encode()) + encoded


@functools.lru_cache(maxsize=4096)
def named(name, node_type):
    return bytes_field(2, name.encode()) + varint_field(3, node_type)


@functools.lru_cache(maxsize=4096)
def timed(duration_micros, attributes):
    duration = varint_field(7, duration_micros) if duration_micros else b""
    return duration + b"".join(bytes_field(10, attribute(*one)) for one in attributes)


def dependencies(field, ids):
    return bytes_field(field, b"".join(map(varint, ids))) if ids else b""


def message(content):
    """After its length, as it stands in a file."""
    return varint(len(content)) + content


def header():
    return message(bytes_field(1, VERSION.encode()))


def encode(node):
    """A node as it stands in a file. An id of 0 is not written: that is what a missing one means."""
    number = b"\x08" + varint(node.id) if node.id else b""
    after = dependencies(4, node.ctrl_deps) + dependencies(5, node.data_deps)
    return message(number + named(node.name, node.type) + after + timed(node.duration_micros, node.attributes))


class Trace:
    """The nodes of one rank, numbered from 0 in the order in which they are added.

    With `file`, open for binary writing, each node is written at once and none is kept: for long traces.
    Whatever adds a node returns its id, for the lists `data` and `control` of later ones.
    """

    def __init__(self, file=None):
        self.nodes = []
        self.size = 0  # nodes
        self.file = file
        if file:
            file.write(header())

    def add(self, name, node_type, attributes, data=(), control=(), duration_micros=0):
        node = Node(self.size, name, node_type, tuple(control), tuple(data), duration_micros,
                    (("is_cpu_op", "bool", False), *attributes))
        self.size += 1
        if self.file:
            self.file.write(encode(node))
        else:
            self.nodes.append(node)
        return node.id

    def compute(self, name, num_ops, tensor_size, **after):
        """`tensor_size`: what is read and written."""
        return self.add(name, COMP, (("num_ops", "int64", num_ops), ("tensor_size", "uint64", tensor_size)), **after)

    def load(self, name, tensor_size, **after):
        return self.add(name, MEM_LOAD, (("tensor_size", "uint64", tensor_size),), **after)

    def store(self, name, tensor_size, **after):
        return self.add(name, MEM_STORE, (("tensor_size", "uint64", tensor_size),), **after)

    def send(self, name, comm_size, source, destination, tag, **after):
        return self.add(name, COMM_SEND, message_attributes(comm_size, source, destination, tag), **after)

    def receive(self, name, comm_size, source, destination, tag, **after):
        return self.add(name, COMM_RECV, message_attributes(comm_size, source, destination, tag), **after)

    def collective(self, name, kind, comm_size, group="", **after):
        """`kind`: one of COLLECTIVES; `comm_size`: what each rank puts in; `group`: its name, or all ranks."""
        attributes = [("comm_type", "int64", COLLECTIVES[kind]), ("comm_size", "int64", comm_size)]
        if group:
            attributes.append(("pg_name", "string", group))
        return self.add(name, COMM_COLL, attributes, **after)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(header())
            file.writelines(map(encode, self.nodes))


def message_attributes(comm_size, source, destination, tag):
    return (("comm_size", "int64", comm_size), ("comm_src", "int32", source), ("comm_dst", "int32", destination),
            ("comm_tag", "int32", tag))
