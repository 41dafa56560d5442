# SPDX-License-Identifier: Apache-2.0
"""Rows of a table into one Parquet file, whose bytes depend on the rows, their order and the locked libraries alone."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq

from problem import Problem, said

#: A row group ends after so many rows, however the files of the table were cut.
GROUP_ROWS = 131_072
SORT_MEMORY = "4GB"
BY_FILE = "data files by their path in byte order, the rows of each as they stand in it"
BY_VALUE = "by the values of the chosen columns from left to right, missing ones last"


def chosen_columns(table, columns):
    """Names in the order asked for; every one of a type that a cell of a table of rows can hold."""
    names = columns if columns is not None else table.schema.names
    for index, name in enumerate(names):
        if name not in table.schema.names:
            shown = ", ".join(table.schema.names[:30])
            raise Problem(
                "column_missing",
                f"{table.facts['title']} has no column `{name}`; it has {shown}",
                column=name,
                index=index if columns is not None else None,
            )
        plain_type(table, name)
    return names


def plain_type(table, name):
    kind = table.schema.field(name).type
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    text = pa.types.is_string(value) or pa.types.is_large_string(value) or is_string_view(value)
    if text:
        return pa.string()
    if pa.types.is_nested(value) or is_binary(value) or isinstance(value, pa.BaseExtensionType):
        raise Problem(
            "table_column_unsupported",
            f"the column `{name}` is of type `{value}`, which no cell of a table of rows can hold; "
            "name the columns to read with `columns`, or have the owner of the table write its parts as columns",
            column=name,
        )
    return value


def is_string_view(kind):
    return hasattr(pa.types, "is_string_view") and pa.types.is_string_view(kind)


def is_binary(kind):
    views = hasattr(pa.types, "is_binary_view") and pa.types.is_binary_view(kind)
    return views or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def write_rows(table, request, target):
    """Writes the chosen rows and returns (rows read, rows written, columns that `where` can name, their order in words)."""
    names = chosen_columns(table, request["columns"])
    condition = Condition(table, request["where"])
    read_names = [*names, *[name for name in condition.names if name not in names]]
    schema = pa.schema([pa.field(name, plain_type(table, name)) for name in read_names])
    written = schema.empty_table().select(names).schema
    reading = Reading(table, schema, condition, names)
    with Groups(pq.ParquetWriter(target, written, compression="zstd", compression_level=3, store_schema=False)) as groups:
        parts = reading.by_file() if table.batches is not None else sorted_rows(reading.whole(), written, target)
        for part in parts:
            groups.add(part)
    return reading.rows, groups.rows, table.schema.names, BY_FILE if table.batches is not None else BY_VALUE


class Reading:
    """The parts of a table that are kept, and how many rows were looked at for them."""

    def __init__(self, table, schema, condition, names):
        self.table = table
        self.schema = schema
        self.condition = condition
        self.names = names
        self.rows = 0

    def by_file(self):
        for file in self.table.files:
            before = self.rows
            for batch in file_batches(self.table, file, self.schema.names):
                yield self.kept(batch)
            require_count(f"`{file.path}`", file.rows, self.rows - before)

    def whole(self):
        counts = [file.rows for file in self.table.files]
        for batch in scan_batches(self.table, self.schema.names):
            yield self.kept(batch)
        require_count(self.table.facts["title"], None if None in counts else sum(counts), self.rows)

    def kept(self, batch):
        part = pa.table(batch.columns, names=self.schema.names).cast(self.schema)
        self.rows += part.num_rows
        return self.condition.keep(part).select(self.names)


def sorted_rows(parts, schema, target):
    """Rows that come in no order, in the order of their values: rows that are equal may change places unseen."""
    import duckdb

    database = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": SORT_MEMORY})
    database.execute("SET TimeZone = 'UTC'")
    database.execute(f"SET temp_directory = '{os.path.dirname(target)}/spill'")
    batches = (batch for part in parts for batch in part.to_batches())
    database.register("rows", pa.RecordBatchReader.from_batches(schema, batches))
    for batch in database.execute("SELECT * FROM rows ORDER BY ALL").to_arrow_reader(GROUP_ROWS):
        yield pa.Table.from_batches([batch]).cast(schema)


def scan_batches(table, names):
    try:
        yield from (batch.select(names) for batch in table.scan(names))
    except Problem:
        raise
    except Exception as error:  # the engine below has no family of errors of its own
        raise Problem(
            "table_file_corrupt",
            f"a file of {table.facts['title']} cannot be read: {said(error)}; restore it from a backup of the table",
        ) from error


def file_batches(table, file, names):
    try:
        yield from (batch.select(names) for batch in table.batches(file, names))
    except (pa.ArrowInvalid, OSError) as error:
        raise Problem(
            "table_file_corrupt",
            f"`{file.path}` cannot be read as Parquet: {said(error)}; restore the file from a backup of the table",
            file=file.path,
        ) from error


def require_count(what, expected, found):
    """The table counts the rows of its files itself; a reading that finds others has overlooked something."""
    if expected is None or found == expected:
        return
    raise Problem(
        "table_unsupported",
        f"{what} gave {found} rows and the table says {expected}; "
        "the library does not read this table rightly, so no row of it is used",
    )


class Groups:
    """Row groups of a fixed size, in the order in which rows come."""

    def __init__(self, writer):
        self.writer = writer
        self.waiting = []
        self.held = 0
        self.rows = 0

    def add(self, part):
        self.waiting.append(part)
        self.held += part.num_rows
        self.rows += part.num_rows
        while self.held >= GROUP_ROWS:
            whole = pa.concat_tables(self.waiting)
            self.writer.write_table(whole.slice(0, GROUP_ROWS).combine_chunks(), GROUP_ROWS)
            rest = whole.slice(GROUP_ROWS)
            self.waiting, self.held = [rest], rest.num_rows

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None and self.held > 0:
            self.writer.write_table(pa.concat_tables(self.waiting).combine_chunks(), GROUP_ROWS)
        self.writer.close()


class Condition:
    """`where` is DuckDB's SQL over one row, as everywhere in the pipeline file: here it makes a mask, batch by batch."""

    def __init__(self, table, text):
        self.text = text
        self.names = []
        if text is None:
            return
        import duckdb  # costs a quarter of a second, and few tables are filtered

        self.error = duckdb.Error
        self.database = duckdb.connect(":memory:", config={"threads": 1, "python_enable_replacements": False})
        for setting in ("TimeZone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
            self.database.execute(f"SET {setting}")
        self.names = self.named_columns(table)
        for name in self.names:
            plain_type(table, name)

    def named_columns(self, table):
        """Only these have to be read; whether the text is one condition over one row is the platform's to judge."""
        statement = f"SELECT ({self.text}\n) FROM t"
        asked = self.database.execute("SELECT json_serialize_sql(?)::VARCHAR", [statement])
        tree = json.loads(asked.fetchone()[0])
        if tree.get("error"):
            raise refused(self.text, tree.get("error_message", "no expression"))
        known = {name.lower(): name for name in table.schema.names}
        words = dict.fromkeys(word.lower() for word in column_words(tree))
        return [known[word] for word in words if word in known]

    def keep(self, part):
        if self.text is None or part.num_rows == 0:
            return part
        self.database.register("t", part)
        try:
            asked = self.database.execute(f"SELECT coalesce(({self.text}\n), false)::BOOLEAN AS kept FROM t")
            mask = asked.to_arrow_table().column("kept")
        except self.error as error:
            raise refused(self.text, said(error)) from error
        finally:
            self.database.unregister("t")
        if len(mask) != part.num_rows:
            raise refused(self.text, "it looks at other rows")
        return part.filter(mask)


def column_words(node):
    """Every part of every column's name in a parsed statement: a name with dots may begin with the table's."""
    if isinstance(node, list):
        for one in node:
            yield from column_words(one)
    elif isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield from node.get("column_names", [])
        for one in node.values():
            yield from column_words(one)


def refused(text, why):
    return Problem(
        "expression_invalid",
        f"`{text[:120]}` is refused: {why}; write a condition on the columns of one row",
        condition=text,
    )
