// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import { expect, test } from 'vitest';
import { inventoryRows, valuesOf } from './inventory-rows.ts';

const model = (name: string, more: Partial<InventoryModelReply>): InventoryModelReply => ({
  model: name,
  name,
  purpose: '',
  owner: 'omar.owner',
  developer: '',
  origin: 'external',
  businessLine: '',
  jurisdictions: [],
  enforcement: 'attested',
  versions: 0,
  openFindings: 0,
  uses: [{ use: 'pricing', stage: 'proposed', versions: [] }],
  ...more,
});

test('the stage filter tells models in use by declaration from proposed ones', () => {
  const rows = inventoryRows([model('new', {}), model('old', { inUseSince: '2019-09-02' })]);
  expect(valuesOf(rows, 'stage')).toEqual(['declared', 'proposed']);
  expect(rows.filter(({ stage }) => stage === 'declared').map((row) => row.model)).toEqual(['old']);
});
