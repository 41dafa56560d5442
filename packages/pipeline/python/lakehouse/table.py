# SPDX-License-Identifier: Apache-2.0
"""What every kind of table comes down to: facts, files in a definite order, and the rows of each file."""

from dataclasses import dataclass
from typing import Any, Callable, Iterator, Optional


@dataclass
class LakeFile:
    """One file that the version needs. `rows` is what must come out of a data file, where the table says it."""

    path: str
    uri: str
    role: str
    rows: Optional[int] = None
    size: Optional[int] = None
    sha256: Optional[str] = None


@dataclass
class LakeTable:
    """A version of a table, open for reading. `files` are data files, sorted by path in byte order."""

    facts: dict
    schema: Any
    files: list
    #: Logs, manifests and deletes: without them the data files are no version.
    support: list
    open_file: Callable[[LakeFile], Any]
    #: (size, changed) of a file, where `changed` is whatever moves when somebody writes it again.
    stat: Callable[[LakeFile], tuple]
    #: Batches of one data file, in its own row order, with the named columns; None where files cannot be read one by one.
    batches: Optional[Callable[[LakeFile, list], Iterator]]
    #: Batches of the whole version in no order, for a table without `batches`.
    scan: Optional[Callable[[list], Any]] = None


def by_path(files):
    """Replaying a log gives no order that lasts: a checkpoint changes it. The path in bytes does."""
    return sorted(files, key=lambda file: file.path.encode())
