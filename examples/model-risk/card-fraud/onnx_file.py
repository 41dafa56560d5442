# SPDX-License-Identifier: Apache-2.0
"""Writes an ONNX file by hand: the few messages of onnx.proto (opset 13) that a sum of products needs.

Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; encoding is that of Protocol Buffers.
"""

import struct

FLOAT = 1


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def piece(field: int, value) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name: str, value: float) -> bytes:
    dims = number(1, 1) + number(1, 1)
    return dims + number(2, FLOAT) + piece(8, name) + piece(9, struct.pack("<f", value))


def value_info(name: str) -> bytes:
    shape = piece(1, piece(2, "N")) + piece(1, number(1, 1))
    return piece(1, name) + piece(2, piece(1, number(1, FLOAT) + piece(2, shape)))


def node(operator: str, inputs, output: str) -> bytes:
    return b"".join(piece(1, one) for one in inputs) + piece(2, output) + piece(4, operator)


def linear_logistic(name: str, intercept: float, weights) -> bytes:
    """sigmoid(intercept + sum of weight * input), one [N, 1] input a weight, output `score`."""
    nodes, tensors, total = [], [tensor("intercept", intercept)], "intercept"
    for column, weight in weights.items():
        tensors.append(tensor(f"w_{column}", weight))
        nodes.append(node("Mul", [column, f"w_{column}"], f"x_{column}"))
        nodes.append(node("Add", [total, f"x_{column}"], f"sum_{column}"))
        total = f"sum_{column}"
    nodes.append(node("Sigmoid", [total], "score"))
    graph = b"".join(piece(1, one) for one in nodes) + piece(2, name)
    graph += b"".join(piece(5, one) for one in tensors)
    graph += b"".join(piece(11, value_info(column)) for column in weights) + piece(12, value_info("score"))
    return number(1, 8) + piece(2, name) + piece(7, graph) + piece(8, piece(1, "") + number(2, 13))
