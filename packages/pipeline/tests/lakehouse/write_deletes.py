# SPDX-License-Identifier: Apache-2.0
"""
`write_deletes.py DIRECTORY`: an Iceberg table with a snapshot whose rows are deleted by position, and one whose rows are
deleted by value, as Spark and Flink write them and pyiceberg does not. Prints both. https://iceberg.apache.org/spec/#delete-formats
"""

import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import load_catalog
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.typedef import Record

ROWS = 10


class DeleteManifestWriter(ManifestWriterV2):
    def content(self):
        return ManifestContent.DELETES

    @property
    def _meta(self):
        return {**super()._meta, "content": "deletes"}


def write_parquet(path, columns, field_ids):
    fields = [
        pa.field(name, values.type, nullable=False, metadata={"PARQUET:field_id": str(field_ids[name])})
        for name, values in columns.items()
    ]
    pq.write_table(pa.table(list(columns.values()), schema=pa.schema(fields)), path)


def delete_file(path, content, rows, equality_ids=None):
    return DataFile.from_args(
        _table_format_version=2,
        content=content,
        file_path=f"file://{path}",
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=rows,
        file_size_in_bytes=os.path.getsize(path),
        equality_ids=equality_ids,
    )


def add_snapshot(table, directory, snapshot_id, file):
    """One more snapshot above the newest, in a metadata file of its own."""
    parent = table.current_snapshot()
    sequence = parent.sequence_number + 1
    location = f"file://{directory}/deletes-{snapshot_id}.avro"
    with DeleteManifestWriter(table.spec(), table.schema(), table.io.new_output(location), snapshot_id, "deflate") as writer:
        writer.add(ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, snapshot_id=snapshot_id, data_file=file))
    deletes = writer.to_manifest_file()
    manifest_list = f"file://{directory}/snap-{snapshot_id}.avro"
    output = table.io.new_output(manifest_list)
    with write_manifest_list(2, output, snapshot_id, parent.snapshot_id, sequence, "deflate") as writer:
        writer.add_manifests([*parent.manifests(table.io), deletes])
    with open(table.metadata_location.removeprefix("file://"), encoding="utf-8") as source:
        metadata = json.load(source)
    metadata["snapshots"].append(
        {
            "snapshot-id": snapshot_id,
            "parent-snapshot-id": parent.snapshot_id,
            "sequence-number": sequence,
            "timestamp-ms": parent.timestamp_ms + 1,
            "manifest-list": manifest_list,
            "summary": {"operation": "delete"},
            "schema-id": parent.schema_id,
        }
    )
    metadata["current-snapshot-id"] = snapshot_id
    metadata["last-sequence-number"] = sequence
    path = os.path.join(directory, f"{snapshot_id}.metadata.json")
    with open(path, "w", encoding="utf-8") as target:
        json.dump(metadata, target)
    return path


def main(directory):
    os.makedirs(directory)
    settings = {"type": "sql", "uri": f"sqlite:///{directory}/catalog.db", "warehouse": f"file://{directory}"}
    catalog = load_catalog("default", **settings)
    catalog.create_namespace("risk")
    rows = pa.table({"id": pa.array(range(ROWS), pa.int64()), "amount": pa.array([one * 1.5 for one in range(ROWS)])})
    table = catalog.create_table("risk.loans", schema=rows.schema)
    table.append(rows)
    data = next(iter(table.scan().plan_files())).file.file_path
    metadata = os.path.dirname(table.metadata_location.removeprefix("file://"))

    by_position = os.path.join(metadata, "..", "data", "positions.parquet")
    positions = {"file_path": pa.array([data, data]), "pos": pa.array([2, 5], pa.int64())}
    write_parquet(by_position, positions, {"file_path": 2147483546, "pos": 2147483545})
    by_value = os.path.join(metadata, "..", "data", "values.parquet")
    write_parquet(by_value, {"id": pa.array([3], pa.int64())}, {"id": 1})

    one = delete_file(os.path.normpath(by_position), DataFileContent.POSITION_DELETES, 2)
    two = delete_file(os.path.normpath(by_value), DataFileContent.EQUALITY_DELETES, 1, [1])
    print(json.dumps({"position": add_snapshot(table, metadata, 1001, one), "value": add_snapshot(table, metadata, 1002, two)}))


if __name__ == "__main__":
    main(sys.argv[1])
