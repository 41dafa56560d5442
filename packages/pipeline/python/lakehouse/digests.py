# SPDX-License-Identifier: Apache-2.0
"""Size and SHA-256 of every file that a version needs, and the proof that none changed while its rows were read."""

import hashlib

from problem import Problem, unread

CHUNK_BYTES = 4 * 1024 * 1024
NAMED_MAX = 20


def digest_files(table):
    """Hashes each file once. Returns what `require_unchanged` compares with."""
    missing = []
    stamps = {}
    for file in [*table.files, *table.support]:
        try:
            stamps[file.uri] = table.stat(file)
            size, file.sha256 = digest_of(table, file)
        except FileNotFoundError:
            missing.append(file.path)
            continue
        except OSError as error:
            raise unread(file.path, error) from error
        if stamps[file.uri][0] != size:
            raise changed(file)
        if file.size not in (None, size):
            raise truncated(file, size)
        file.size = size
    if missing:
        raise gone(missing, table)
    return stamps


def digest_of(table, file):
    sha256 = hashlib.sha256()
    size = 0
    with table.open_file(file) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            sha256.update(chunk)
            size += len(chunk)
    return size, sha256.hexdigest()


def require_unchanged(table, stamps):
    """A file is hashed first and read afterwards: its rows are the hashed ones only while nobody wrote it between."""
    for file in [*table.files, *table.support]:
        try:
            now = table.stat(file)
        except FileNotFoundError as error:
            raise gone([file.path], table) from error
        if now != stamps[file.uri]:
            raise changed(file)


def truncated(file, size):
    return Problem(
        "table_file_corrupt",
        f"`{file.path}` has {size} bytes, and the table says {file.size}; restore the file from a backup of the table",
        file=file.path,
    )


def changed(file):
    return Problem(
        "source_changed",
        f"`{file.path}` changed while it was read; files of a table are never written twice, find out who did",
        file=file.path,
    )


def gone(missing, table):
    shown = ", ".join(f"`{path}`" for path in missing[:NAMED_MAX])
    more = f" and {len(missing) - NAMED_MAX} more" if len(missing) > NAMED_MAX else ""
    return Problem(
        "table_file_missing",
        f"{table.facts['title']} needs {len(missing)} files that are gone: {shown}{more}; "
        "a vacuum or an expiry removed them: restore them from a backup of the table, or name a version that still has its files",
        files=missing[:NAMED_MAX],
        count=len(missing),
    )
