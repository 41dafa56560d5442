# SPDX-License-Identifier: Apache-2.0
"""`write_broken_tables.py DIRECTORY`: one Delta table for each thing that can be wrong with it, named for what is."""

import json
import os
import struct
import sys

import pyarrow as pa
import pyroaring
from deltalake import DeltaTable, write_deltalake

PLAIN = pa.table({"id": [1, 2, 3], "amount": [1.5, 2.5, 3.5]})


def written(directory, name, table=PLAIN, **how):
    path = os.path.join(directory, name)
    write_deltalake(path, table, **how)
    return path


def first_file(path):
    return DeltaTable(path).file_uris()[0]


def commit(path, version, *actions):
    """A commit as another engine would write it, with what delta-rs itself writes no table with."""
    with open(os.path.join(path, "_delta_log", f"{version:020}.json"), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(action) + "\n" for action in actions)


def actions_of(path, version):
    with open(os.path.join(path, "_delta_log", f"{version:020}.json"), encoding="utf-8") as file:
        return {kind: value for line in file for kind, value in json.loads(line).items()}


def vector_of(rows):
    """https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-format, stored inline."""
    bitmap = pyroaring.BitMap64(rows).serialize()
    raw = struct.pack("<i", 1681511377) + bitmap
    raw += b"\0" * (-len(raw) % 4)
    return {"storageType": "i", "pathOrInlineDv": z85(raw), "sizeInBytes": len(raw), "cardinality": len(rows)}


def z85(raw):
    """https://rfc.zeromq.org/spec/32/"""
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    words = struct.unpack(f">{len(raw) // 4}I", raw)
    return "".join(letters[word // 85**power % 85] for word in words for power in (4, 3, 2, 1, 0))


def main(directory):
    address = pa.array([{"city": "Ulm"}] * 3)
    written(directory, "nested", PLAIN.append_column("address", address))

    # Not broken, but written under names that are easily taken for others.
    groups = pa.array(["a b", "c/d", "e%f", None])
    written(directory, "partitioned", pa.table({"id": [1, 2, 3, 4], "g": groups}), partition_by=["g"])

    damaged = first_file(written(directory, "corrupt"))
    with open(damaged, "r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"XXXX")

    short = first_file(written(directory, "truncated"))
    os.truncate(short, os.path.getsize(short) // 2)

    vacuumed = written(directory, "vacuumed")
    write_deltalake(vacuumed, PLAIN, mode="overwrite")
    DeltaTable(vacuumed).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    # What delta-rs deletes it writes anew, so the vector (row 1 of 3, as a roaring bitmap in Z85) is put in by hand.
    vectors = written(directory, "vectors", configuration={"delta.enableDeletionVectors": "true"})
    add = actions_of(vectors, 0)["add"]
    commit(vectors, 1, {"remove": {"path": add["path"], "dataChange": True}}, {"add": {**add, "deletionVector": vector_of([1])}})

    widened = written(directory, "widened")
    features = {"readerFeatures": ["typeWidening"], "writerFeatures": ["typeWidening"]}
    commit(widened, 1, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}})

    counted = written(directory, "miscounted")
    add = actions_of(counted, 0)["add"]
    stats = {**json.loads(add["stats"]), "numRecords": 7}
    commit(counted, 1, {"add": {**add, "stats": json.dumps(stats)}})

    cleaned = written(directory, "cleaned")
    for _ in range(2):
        write_deltalake(cleaned, PLAIN, mode="append")
    DeltaTable(cleaned).create_checkpoint()
    os.remove(os.path.join(cleaned, "_delta_log", f"{0:020}.json"))


if __name__ == "__main__":
    main(sys.argv[1])
