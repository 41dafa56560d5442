// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { drawRows, reported } from './slice-rows.ts';

// The whole report on rows without any worse slice: whatever is found is false.
test.each(['benjamini-yekutieli', 'benjamini-hochberg'] as const)(
  'a search over rows without a worse slice finds any at most as often as the plan states, by %s',
  async (control) => {
    const random = seededNumbers(printedSeed(`search under the null, ${control}`));
    const [tries, rate] = [150, 0.2];
    let alarms = 0;
    for (let tried = 0; tried < tries; tried += 1) {
      const metric = (['log_loss', 'error_rate', 'calibration'] as const)[tried % 3]!;
      const report = await reported(drawRows(900, random), {
        metric,
        control,
        rows_min: 40,
        false_discovery_rate: String(rate),
      });
      if (report.found > 0) alarms += 1;
    }
    process.stdout.write(`${control}: ${alarms} of ${tries} searches found a slice\n`);
    expect(alarms / tries).toBeLessThan(rate + 4 * Math.sqrt((rate * (1 - rate)) / tries));
  },
  300_000,
);
