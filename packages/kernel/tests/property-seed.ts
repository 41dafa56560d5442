// SPDX-License-Identifier: Apache-2.0

const given = process.env.COUNTERSIGN_TEST_SEED;

/**
 * One seed for all property tests of a run; set COUNTERSIGN_TEST_SEED to the printed one to repeat
 * it.
 */
export const seed: number = given === undefined ? Date.now() % 2 ** 31 : Number(given);

console.info(`property tests: COUNTERSIGN_TEST_SEED=${seed}`);
