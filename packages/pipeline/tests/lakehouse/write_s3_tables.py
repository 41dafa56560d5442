# SPDX-License-Identifier: Apache-2.0
"""`write_s3_tables.py BUCKET ENDPOINT DIRECTORY`: a Delta and an Iceberg table in S3; prints where the latter's snapshot is."""

import json
import os
import sys

import pyarrow as pa
from deltalake import write_deltalake
from pyiceberg.catalog import load_catalog

ROWS = pa.table({"id": [1, 2, 3], "amount": [1.5, None, 3.5]})


def main(bucket, endpoint, directory):
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    options = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
    }
    for _ in range(2):
        write_deltalake(f"s3://{bucket}/lake/loans", ROWS, mode="append", storage_options=options)
    catalog = load_catalog(
        "default",
        **{
            "type": "sql",
            "uri": f"sqlite:///{directory}/catalog.db",
            "warehouse": f"s3://{bucket}/warehouse",
            "s3.endpoint": endpoint,
            "s3.access-key-id": key,
            "s3.secret-access-key": secret,
            "s3.region": "eu-central-1",
        },
    )
    catalog.create_namespace("risk")
    table = catalog.create_table("risk.loans", schema=ROWS.schema)
    table.append(ROWS)
    print(json.dumps({"metadata": table.metadata_location, "snapshot": str(table.current_snapshot().snapshot_id)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
