// SPDX-License-Identifier: Apache-2.0

export interface CommandRun {
  /** 0 success, 1 refused or failed, 2 misuse. */
  readonly exitCode: number;
  /** What `--json` prints. */
  readonly result?: unknown;
}
