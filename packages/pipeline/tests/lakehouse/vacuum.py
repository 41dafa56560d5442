# SPDX-License-Identifier: Apache-2.0
"""`vacuum.py TABLE`: what an owner does who forgot the lease: every file that the newest version does not need is removed."""

import sys

from deltalake import DeltaTable

DeltaTable(sys.argv[1]).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
