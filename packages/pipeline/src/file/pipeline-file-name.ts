// SPDX-License-Identifier: Apache-2.0

/** Where a commit says what its pipeline is. */
export const PIPELINE_FILE = 'countersign.yaml';
