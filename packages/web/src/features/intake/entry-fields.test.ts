// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { entrySaid, entryValues } from './entry-fields.ts';

const ENTRY = {
  name: 'Credit',
  purpose: 'decides',
  owner: 'omar',
  developer: 'dana',
  origin: 'built',
  businessLine: 'retail',
  jurisdictions: ['US', 'CA'],
  uses: ['underwriting', 'pricing'],
  useTerms: [
    {
      use: 'underwriting',
      owner: 'eve',
      population: 'applicants: new ones',
      limits: 'no renewals',
    },
    { use: 'pricing', population: 'customers' },
  ],
} as const;

test('an entry comes out of its form as it went in', () => {
  const said = entrySaid(entryValues('credit', ENTRY), ENTRY);
  expect(JSON.parse(JSON.stringify(said))).toEqual(ENTRY);
});

test('a further line is of the use before it, and a line of no use is left for the server to refuse', () => {
  const values = {
    ...entryValues('credit', ENTRY),
    populations: 'pricing: customers\nof ours',
    limits: '',
  };
  const terms = entrySaid(values, {}).useTerms;
  expect(terms).toEqual([{ use: 'pricing', population: 'customers of ours' }]);
  expect(entrySaid({ ...values, populations: 'Everybody' }, {}).useTerms?.[0]?.use).toBe(
    'Everybody',
  );
});
