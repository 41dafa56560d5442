# SPDX-License-Identifier: Apache-2.0
"""A snapshot of an Apache Iceberg table, read by pyiceberg and Arrow."""

import os
import re

from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.manifest import DataFileContent, FileFormat
from pyiceberg.table import StaticTable

from problem import Problem, said, unread
from table import LakeFile, LakeTable, by_path


def open_iceberg(request):
    title = f"snapshot {request['snapshot']} of `{request['table']}`"
    table = load(request)
    snapshot = find_snapshot(table, int(request["snapshot"]), title)
    scan = table.scan(snapshot_id=snapshot.snapshot_id)
    manifests, entries = manifest_entries(table, snapshot, title)
    refuse_unread(entries, title)
    tasks = {task.file.file_path: task for task in scan.plan_files()}
    files = by_path(data_file(path, task) for path, task in tasks.items())
    schema = scan.projection()

    def batches(file, names):
        reading = ArrowScan(table.metadata, table.io, schema.select(*names), AlwaysTrue())
        return reading.to_record_batches([tasks[file.path]])

    return LakeTable(
        facts=facts(table, snapshot, schema, title),
        schema=schema_to_pyarrow(schema, include_field_ids=False),
        files=files,
        support=by_path([*manifests, *delete_files(tasks)]),
        open_file=lambda file: table.io.new_input(file.path).open(),
        stat=lambda file: stat(table, file),
        batches=batches,
    )


def load(request):
    catalog = request["catalog"]
    try:
        if catalog is None:
            return StaticTable.from_metadata(request["place"], request["storage"] or {})
        from pyiceberg.catalog import load_catalog

        settings = {**catalog, **(request["storage"] or {}), "init_catalog_tables": "false"}
        return load_catalog(catalog.get("name", "default"), **settings).load_table(request["place"])
    except (NoSuchTableError, NoSuchNamespaceError, FileNotFoundError) as error:
        hint = "correct its name or the catalog" if catalog else "name a `.metadata.json` file of the table"
        raise Problem("source_missing", f"there is no Iceberg table `{request['table']}`: {said(error)}; {hint}") from error
    except OSError as error:
        raise unread(request["table"], error) from error
    except Exception as error:  # a catalog may fail in as many ways as it has clients below it
        raise Problem("table_unsupported", f"`{request['table']}` cannot be opened: {said(error)}") from error


def find_snapshot(table, wanted, title):
    snapshot = table.metadata.snapshot_by_id(wanted)
    if snapshot is not None:
        return snapshot
    known = ", ".join(str(one.snapshot_id) for one in table.metadata.snapshots[-10:]) or "none"
    raise Problem(
        "table_version_missing",
        f"there is no {title}: it was expired or never was; the table's newest snapshots are {known}: name one of them, or "
        "an older `.metadata.json` file that still lists it",
        snapshots=known,
    )


def manifest_entries(table, snapshot, title):
    """The manifest list and every manifest that it names, as files; with the entries that are alive."""
    lists = [LakeFile(path=snapshot.manifest_list, uri=snapshot.manifest_list, role="manifest-list")]
    entries = []
    try:
        manifests = snapshot.manifests(table.io)
        for manifest in manifests:
            entries.extend(manifest.fetch_manifest_entry(table.io, discard_deleted=True))
    except FileNotFoundError as error:
        raise Problem(
            "table_file_missing",
            f"{title} needs a manifest that is gone: {said(error)}; restore it from a backup of the table, or name a "
            "snapshot that still has its files",
            files=[said(error)],
        ) from error
    named = [LakeFile(path=one.manifest_path, uri=one.manifest_path, role="manifest") for one in manifests]
    return [*lists, *named], entries


def refuse_unread(entries, title):
    for entry in entries:
        file = entry.data_file
        if file.content == DataFileContent.EQUALITY_DELETES:
            raise unsupported(title, f"`{file.file_path}` deletes rows by their values, which pyiceberg does not apply")
        if file.content == DataFileContent.DATA and file.file_format != FileFormat.PARQUET:
            raise unsupported(title, f"`{file.file_path}` is {file.file_format.name}, not Parquet")


def unsupported(title, why):
    return Problem(
        "table_unsupported",
        f"{title} cannot be read rightly: {why}; have its owner rewrite the data files (`rewrite_data_files`) and name the "
        "snapshot that this makes",
    )


def data_file(path, task):
    """A delete file may name rows of several data files, so with deletes the count of one file is not known."""
    rows = None if task.delete_files else task.file.record_count
    return LakeFile(path=path, uri=path, role="data", rows=rows, size=task.file.file_size_in_bytes)


def delete_files(tasks):
    found = {}
    for task in tasks.values():
        for one in task.delete_files:
            found[one.file_path] = LakeFile(path=one.file_path, uri=one.file_path, role="deletes", size=one.file_size_in_bytes)
    return list(found.values())


def stat(table, file):
    known = table.io.new_input(file.path)
    if not known.exists():
        raise FileNotFoundError(file.path)
    local = re.sub(r"^file:(?://)?(?=/)", "", file.path)
    if local.startswith("/"):
        info = os.stat(local)
        return info.st_size, info.st_mtime_ns
    return len(known), None


def facts(table, snapshot, schema, title):
    spec = table.metadata.spec()
    summary = snapshot.summary
    return {
        "kind": "iceberg",
        "title": title,
        "snapshot": str(snapshot.snapshot_id),
        "committedAt": snapshot.timestamp_ms,
        "tableId": str(table.metadata.table_uuid),
        "metadataLocation": table.metadata_location,
        "schema": [
            {"name": field.name, "type": str(field.field_type), "nullable": not field.required} for field in schema.fields
        ],
        "partitionColumns": [str(field) for field in spec.fields],
        "properties": {str(key): str(value) for key, value in table.metadata.properties.items()},
        "protocol": {"formatVersion": table.metadata.format_version},
        "summary": {} if summary is None else {"operation": summary.operation.value, **summary.additional_properties},
    }
