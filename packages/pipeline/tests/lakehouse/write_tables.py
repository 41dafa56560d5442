# SPDX-License-Identifier: Apache-2.0
"""
`write_tables.py DIRECTORY`: a Delta table by delta-rs and an Iceberg table by pyiceberg, each with several versions, a
delete and a change of its schema; and expected.json, the rows of each version as DuckDB reads the files of the moment.
"""

import json
import os
import sys

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog import load_catalog
from pyiceberg.types import StringType

ROWS = 200


def loans(start, extra=None):
    ids = list(range(start, start + ROWS))
    columns = {
        "id": pa.array(ids, pa.int64()),
        "code": pa.array([f"{one:05d}" for one in ids]),
        "amount": pa.array([None if one % 17 == 0 else one * 1.25 for one in ids], pa.float64()),
        "bad": pa.array([one % 5 == 0 for one in ids]),
        "opened": pa.array([one * 86_400_000_000 for one in ids], pa.timestamp("us", "UTC")),
    }
    return pa.table(columns if extra is None else {**columns, "region": pa.array([extra] * ROWS)})


def rows_of(files, columns):
    """Independent of both libraries: the files in the order that the platform promises, as DuckDB reads them."""
    names = ", ".join(columns)
    paths = sorted((path.removeprefix("file://") for path in files), key=str.encode)
    found = duckdb.connect(config={"threads": 1}).execute(
        f"SELECT {names} FROM read_parquet(?, union_by_name = true)", [paths]
    )
    return [[None if cell is None else str(cell) for cell in row] for row in found.fetchall()]


def write_delta(path):
    expected = []

    def keep():
        table = DeltaTable(path)
        names = [field.name for field in table.schema().fields]
        plain = [f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%d')" if name == "opened" else name for name in names]
        expected.append({"version": table.version(), "columns": names, "rows": rows_of(table.file_uris(), plain)})

    write_deltalake(path, loans(0))
    keep()
    write_deltalake(path, loans(1000, "north"), mode="append", schema_mode="merge")
    keep()
    DeltaTable(path).delete("id % 3 = 0")
    keep()
    DeltaTable(path).update(predicate="id = 1", updates={"code": "'changed'"})
    DeltaTable(path).create_checkpoint()
    keep()
    return expected


def write_mapped(path):
    """Column mapping: the files hold other names than the table, and with reader version 2 no feature says so."""
    write_deltalake(path, loans(0), configuration={"delta.columnMapping.mode": "name"})
    write_deltalake(path, loans(1000), mode="append")
    DeltaTable(path).delete("id % 3 = 0")


def write_iceberg(warehouse):
    os.makedirs(warehouse)
    settings = {"type": "sql", "uri": f"sqlite:///{warehouse}/catalog.db", "warehouse": f"file://{warehouse}"}
    catalog = load_catalog("default", **settings)
    catalog.create_namespace("risk")
    table = catalog.create_table("risk.loans", schema=loans(0).schema)
    expected = []

    def keep():
        names = [field.name for field in table.schema().fields]
        plain = [f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%d')" if name == "opened" else name for name in names]
        files = [task.file.file_path for task in table.scan().plan_files()]
        snapshot = str(table.current_snapshot().snapshot_id)
        metadata = table.metadata_location
        expected.append({"snapshot": snapshot, "metadata": metadata, "columns": names, "rows": rows_of(files, plain)})

    table.append(loans(0))
    keep()
    with table.update_schema() as update:
        update.add_column("region", StringType())
    table.append(loans(1000, "north"))
    keep()
    table.delete("id < 100")
    keep()
    return expected


def main(directory):
    found = {
        "delta": write_delta(os.path.join(directory, "delta")),
        "iceberg": write_iceberg(os.path.join(directory, "warehouse")),
    }
    write_mapped(os.path.join(directory, "mapped"))
    with open(os.path.join(directory, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main(sys.argv[1])
