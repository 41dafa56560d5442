# SPDX-License-Identifier: Apache-2.0
# Read by R before a rerun of a step (R_PROFILE_USER); COUNTERSIGN_PROBE_ENTROPY pins what is otherwise seeded by clock and pid.
if (nzchar(Sys.getenv("COUNTERSIGN_PROBE_ENTROPY"))) set.seed(1L)
