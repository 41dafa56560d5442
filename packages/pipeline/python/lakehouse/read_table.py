# SPDX-License-Identifier: Apache-2.0
"""
Reads one version of a table: `read_table.py REQUEST OUT` writes OUT/table.parquet and OUT/listing.json, or
OUT/problem.json with a code, a message and details (exit 3). Whatever else ends it is a fault of this program.
"""

import json
import os
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from digests import digest_files, require_unchanged  # noqa: E402
from problem import Problem, said  # noqa: E402
from rows import chosen_columns, write_rows  # noqa: E402

EXIT_PROBLEM = 3


def main(request_path, out):
    with open(request_path, encoding="utf-8") as file:
        request = json.load(file)
    try:
        listing = read(request, os.path.join(out, "table.parquet"))
    except Problem as problem:
        return tell(out, problem)
    except Exception as error:  # of a library that meets what it does not know; the log has where
        traceback.print_exc()
        words = f"`{request['table']}` cannot be read: {type(error).__name__}: {said(error)}"
        return tell(out, Problem("table_unsupported", words))
    write_json(out, "listing.json", listing)
    return 0


def tell(out, problem):
    write_json(out, "problem.json", {"code": problem.code, "message": problem.message, "details": problem.details})
    return EXIT_PROBLEM


def read(request, target):
    table = open_table(request)
    chosen_columns(table, request["columns"])
    stamps = digest_files(table)
    rows_read, rows, names, order = write_rows(table, request, target)
    require_unchanged(table, stamps)
    facts = {key: value for key, value in table.facts.items() if key != "title"}
    files = [*table.files, *table.support]
    return {
        "v": 1,
        **facts,
        "table": request["table"],
        "order": order,
        "rowsOfVersion": rows_read,
        "rows": rows,
        "columns": list(names),
        "files": [
            {"path": one.path, "uri": one.uri, "role": one.role, "rows": one.rows, "size": one.size, "sha256": one.sha256}
            for one in files
        ],
    }


def open_table(request):
    if request["kind"] == "delta":
        from delta_table import open_delta

        return open_delta(request)
    from iceberg_table import open_iceberg

    return open_iceberg(request)


def write_json(out, name, value):
    with open(os.path.join(out, name), "w", encoding="utf-8") as file:
        json.dump(value, file, sort_keys=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
