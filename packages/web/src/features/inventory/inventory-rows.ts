// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import { type StatusShown, statusOf, type UseStatus } from '../../shell/use-status.ts';

/** One use of a model, or a model that has none yet: a line of the inventory. */
export interface InventoryRow {
  /** Stable name of the line. */
  readonly id: string;
  readonly model: string;
  readonly name: string;
  readonly use: string;
  readonly tier: string;
  readonly stage: UseStatus;
  readonly status: StatusShown;
  readonly origin: string;
  readonly owner: string;
  readonly grade: string;
  readonly businessLine: string;
  readonly versions: number;
  readonly openFindings: number;
  /** What the text filter looks through, in lower case. */
  readonly text: string;
}

export const NO_TIER = 'not tiered';

export function inventoryRows(models: readonly InventoryModelReply[]): readonly InventoryRow[] {
  return models.flatMap((model) =>
    model.uses.length === 0
      ? [rowOf(model, undefined)]
      : model.uses.map((use) => rowOf(model, use)),
  );
}

function rowOf(
  model: InventoryModelReply,
  use: InventoryModelReply['uses'][number] | undefined,
): InventoryRow {
  const { name, origin, businessLine, versions, openFindings } = model;
  const owner = use?.owner ?? model.owner;
  const status = statusOf(model, use);
  const words = [
    model.model,
    name,
    use?.use,
    owner,
    businessLine,
    model.purpose,
    model.developer,
    model.kind,
    model.vendor,
  ];
  return {
    id: use === undefined ? model.model : `${model.model} ${use.use}`,
    model: model.model,
    name,
    use: use?.use ?? '',
    tier: use?.tier ?? NO_TIER,
    stage: status.status,
    status,
    origin,
    owner,
    grade: model.enforcement,
    businessLine,
    versions,
    openFindings,
    text: words.join('\n').toLowerCase(),
  };
}

/** The distinct values of a column, in its own order, for a filter to offer. */
export function valuesOf(
  rows: readonly InventoryRow[],
  column: 'tier' | 'stage' | 'origin' | 'owner' | 'grade',
): readonly string[] {
  const values = [...new Set(rows.map((row) => row[column]))].filter((one) => one !== '');
  return values.sort((a, b) => rankOf(column, a) - rankOf(column, b) || a.localeCompare(b));
}

const TIERS = ['high', 'medium', 'low', NO_TIER];
const STAGES = [
  'production',
  'suspended',
  'overdue',
  'legacy',
  'declared',
  'staging',
  'development',
  'proposed',
  'retired',
];
const GRADES = ['enforced', 'checked', 'attested'];
const ORDERS: { readonly [column: string]: readonly string[] } = {
  tier: TIERS,
  stage: STAGES,
  grade: GRADES,
};

/** Place of a value in the order that its column has of itself; equal for columns that are sorted as text. */
export function rankOf(column: string, value: string): number {
  const order = ORDERS[column];
  if (order === undefined) return 0;
  const place = order.indexOf(value);
  return place < 0 ? order.length : place;
}
