// SPDX-License-Identifier: Apache-2.0
export { isOffPeak, type OffPeak } from './off-peak.ts';
export { rebuildsOf } from './rebuilds-of.ts';
export { startChecks } from './start-checks.ts';
