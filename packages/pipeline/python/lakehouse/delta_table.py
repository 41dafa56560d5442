# SPDX-License-Identifier: Apache-2.0
"""A version of a Delta Lake table, read by delta-rs (`deltalake`) and Arrow."""

import json
import re
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, DeltaProtocolError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow import fs

from problem import Problem, said, unread
from table import LakeFile, LakeTable, by_path

LOG = "_delta_log"
CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$")
COMMIT = re.compile(r"^(\d{20})\.json$")


#: What a reader may be asked for and the library's own engine does; deletion vectors only while no file has one.
KNOWN_FEATURES = {"columnMapping", "deletionVectors", "timestampNtz", "vacuumProtocolCheck", "variantType", "variantType-preview"}


def open_delta(request):
    title = f"version {request['version']} of `{request['table']}`"
    table = load(request, title)
    refuse_unread(table, title)
    store = fs.PyFileSystem(DeltaStorageHandler(request["place"], request["storage"]))
    dataset = dataset_of(table)
    files = by_path(data_files(table, request))
    schema = pa.schema(table.schema().to_arrow()) if dataset is None else dataset.schema

    def stat(file):
        info = store.get_file_info(file.path)
        if info.type == fs.FileType.NotFound:
            raise FileNotFoundError(file.path)
        return info.size, info.mtime_ns

    return LakeTable(
        facts=facts(table, store, request, title),
        schema=schema,
        files=files,
        support=log_files(store, request, title),
        open_file=lambda file: store.open_input_stream(file.path),
        stat=stat,
        batches=None if dataset is None else batches_by_file(dataset, files, title),
        scan=lambda names: pa.RecordBatchReader.from_stream(table.scan(columns=names)),
    )


def batches_by_file(dataset, files, title):
    fragments = {fragment.path: fragment for fragment in dataset.get_fragments()}
    if {file.path for file in files} != set(fragments):
        raise unsupported(title, f"its log names {len(files)} files below itself and the reader finds {len(fragments)}")

    def batches(file, names):
        return fragments[file.path].scanner(schema=dataset.schema, columns=names, use_threads=False).to_batches()

    return batches


def load(request, title):
    try:
        newest = DeltaTable(request["place"], storage_options=request["storage"])
    except TableNotFoundError as error:
        raise Problem(
            "source_missing",
            f"there is no Delta table at `{request['table']}`: it has no `{LOG}`; correct the address",
        ) from error
    except DeltaError as error:
        raise unreadable(request, error) from error
    except OSError as error:
        raise unread(request["table"], error) from error
    if request["version"] > newest.version():
        raise Problem(
            "table_version_missing",
            f"there is no {title}: its newest is {newest.version()}; name one of 0 to {newest.version()}",
            newest=newest.version(),
        )
    try:
        return DeltaTable(request["place"], version=request["version"], storage_options=request["storage"])
    except DeltaProtocolError as error:
        raise unsupported(title, said(error)) from error
    except (DeltaError, OSError) as error:
        raise Problem(
            "table_version_missing",
            f"{title} can no longer be put together from the log: {said(error)}; its entries were cleaned up "
            "(`delta.logRetentionDuration`), name a later version",
            newest=newest.version(),
        ) from error


def unreadable(request, error):
    """delta-rs calls a store that it cannot reach and a log that it cannot read by one name."""
    text = said(error)
    if re.search(r"HTTP|connect|dns|timed? ?out|credential|Permission|Forbidden|Unauthorized|FileSystem error", str(error), re.I):
        return unread(request["table"], error)
    return Problem("table_unsupported", f"the log of `{request['table']}` cannot be read: {text}")


def dataset_of(table):
    """
    The files one by one, where Arrow can read them so; otherwise None, and the library's engine reads the table as a
    whole. With reader version 2 a table names no features: column mapping shows in its properties alone, Arrow would not
    find the columns by their names, and would give them out empty.
    """
    if table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none":
        return None
    try:
        return table.to_pyarrow_dataset()
    except DeltaProtocolError:
        return None


def refuse_unread(table, title):
    asked = set(table.protocol().reader_features or [])
    if unknown := sorted(asked - KNOWN_FEATURES):
        raise unsupported(title, f"it asks of its readers {', '.join(unknown)}")
    if "deletionVectors" in asked and pa.table(table.deletion_vectors()).num_rows > 0:
        raise unsupported(title, "rows of it are deleted by deletion vectors, files that the library does not name")


def unsupported(title, why):
    return Problem(
        "table_unsupported",
        f"{title} cannot be read rightly: {why}; have its owner write a copy without, for example with `REORG TABLE … APPLY "
        "(PURGE)` and `ALTER TABLE … DROP FEATURE`, or `CREATE TABLE … AS SELECT`",
    )


def data_files(table, request):
    base = request["table"].rstrip("/")
    actions = pa.table(table.get_add_actions(flatten=True)).select(["path", "size_bytes", "num_records"]).to_pylist()
    for action in actions:
        path = unquote(action["path"])
        yield LakeFile(path=path, uri=f"{base}/{path}", role="data", rows=action["num_records"], size=action["size_bytes"])


def log_files(store, request, title):
    """The newest checkpoint that is whole and not later than the version, and every commit after it."""
    version = request["version"]
    names = [info.base_name for info in store.get_file_info(fs.FileSelector(LOG)) if info.type == fs.FileType.File]
    commits = {int(match[1]): name for name in names if (match := COMMIT.match(name))}
    needed = [name for number, name in commits.items() if number <= version]
    if any(number not in commits for number in range(version + 1)):
        start, checkpoint = newest_checkpoint(names, version, title)
        needed = [*checkpoint, *[commits[number] for number in range(start + 1, version + 1) if number in commits]]
    base = request["table"].rstrip("/")
    return by_path(LakeFile(path=f"{LOG}/{name}", uri=f"{base}/{LOG}/{name}", role="log") for name in needed)


def newest_checkpoint(names, version, title):
    whole = {}
    for name in names:
        match = CHECKPOINT.match(name)
        if match and int(match[1]) <= version:
            whole.setdefault((int(match[1]), int(match[3] or 1)), []).append(name)
    complete = [(number, parts) for (number, count), parts in whole.items() if len(parts) == count]
    if not complete:
        raise unsupported(title, "its log has neither every commit nor a classic checkpoint")
    return max(complete)


def facts(table, store, request, title):
    protocol, metadata = table.protocol(), table.metadata()
    return {
        "kind": "delta",
        "title": title,
        "version": request["version"],
        "committedAt": commit_time(store, request["version"]),
        "tableId": str(metadata.id),
        "schema": [
            {"name": field["name"], "type": type_text(field["type"]), "nullable": field["nullable"]}
            for field in json.loads(table.schema().to_json())["fields"]
        ],
        "partitionColumns": list(metadata.partition_columns),
        "properties": dict(metadata.configuration),
        "protocol": {
            "minReaderVersion": protocol.min_reader_version,
            "minWriterVersion": protocol.min_writer_version,
            "readerFeatures": sorted(protocol.reader_features or []),
        },
    }


def type_text(kind):
    return kind if isinstance(kind, str) else json.dumps(kind, sort_keys=True)


def commit_time(store, version):
    """
    Milliseconds since 1970 that the commit itself claims; None once the log was cleaned up to a checkpoint. The
    library's `history` counts from the newest commit whatever version is open, so it is not asked.
    """
    try:
        with store.open_input_stream(f"{LOG}/{version:020}.json") as stream:
            actions = [json.loads(line) for line in stream.read().decode().splitlines() if line.strip()]
    except FileNotFoundError:
        return None
    said_of_itself = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
    return said_of_itself.get("inCommitTimestamp", said_of_itself.get("timestamp"))
