// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import { csvTable } from '../output/csv.ts';
import { table } from '../output/table.ts';

export type Use = InventoryModelReply['uses'][number];

/** One line of the inventory: a use of a model, or a model that names none. */
export interface InventoryLine {
  readonly model: InventoryModelReply;
  readonly use: Use | undefined;
}

export interface InventoryFilter {
  readonly tier?: string | undefined;
  readonly owner?: string | undefined;
  readonly origin?: string | undefined;
  readonly grade?: string | undefined;
  readonly status?: string | undefined;
}

export const UNTIERED = 'none';
/** In use by its owner's word, from before the firm came here, and under no warrant. */
export const DECLARED = 'declared';

/** Under a legacy warrant; past its day. */
export const LEGACY = 'legacy';
export const OVERDUE = 'overdue';

function legacyOf(use: Use | undefined) {
  return use?.versions.findLast(({ legacy }) => legacy !== undefined)?.legacy;
}

export function inventoryLines(
  models: readonly InventoryModelReply[],
  filter: InventoryFilter,
): readonly InventoryLine[] {
  const lines = models.flatMap((model): readonly InventoryLine[] =>
    model.uses.length === 0
      ? [{ model, use: undefined }]
      : model.uses.map((use) => ({ model, use })),
  );
  const holds = (wanted: string | undefined, ...found: readonly (string | undefined)[]) =>
    wanted === undefined || found.includes(wanted);
  return lines.filter(
    ({ model, use }) =>
      holds(filter.tier, use?.tier ?? UNTIERED) &&
      holds(filter.owner, model.owner, use?.owner) &&
      holds(filter.origin, model.origin) &&
      holds(filter.grade, gradeOf({ model, use })) &&
      holds(filter.status, statusOf({ model, use })),
  );
}

/** The weakest of the use's versions; a use without one is what its owner says. */
function gradeOf({ model, use }: InventoryLine): string {
  const grades = use?.versions.map(({ enforcement }) => enforcement) ?? [];
  const weakest = (['attested', 'checked', 'enforced'] as const).find((one) =>
    grades.includes(one),
  );
  return weakest ?? model.enforcement;
}

export function statusOf({ model, use }: InventoryLine): string {
  const stage = use?.stage ?? 'proposed';
  const isWarranted = ['staging', 'production', 'suspended', 'retired'].includes(stage);
  const legacy = legacyOf(use);
  if (legacy !== undefined && !isWarranted && legacy.state !== 'ended')
    return legacy.state === 'running' ? LEGACY : OVERDUE;
  return model.inUseSince !== undefined && !isWarranted ? DECLARED : stage;
}

type Cell = (line: InventoryLine) => string | number;

const COLUMNS = {
  model: ({ model }) => model.model,
  use: ({ use }) => use?.use ?? '',
  tier: ({ use }) => use?.tier ?? 'not tiered',
  'fair lending': ({ use }) => (use?.fairLending === true ? 'fair lending' : ''),
  status: (line) => {
    const status = statusOf(line);
    const due = legacyOf(line.use)?.expires.slice(0, 10) ?? '';
    if (status === LEGACY) return `legacy until ${due}`;
    if (status === OVERDUE) return `legacy, overdue since ${due}`;
    return status === DECLARED ? `in use since ${line.model.inUseSince ?? ''} (declared)` : status;
  },
  grade: gradeOf,
  origin: ({ model }) => model.origin,
  versions: ({ use }) =>
    (use?.versions ?? []).map((one) => `${one.version} ${one.stage}`).join(', '),
  owner: ({ model, use }) => use?.owner ?? model.owner,
} as const satisfies { readonly [title: string]: Cell };

/** Further columns of the table that is exported. */
const EXPORTED = {
  ...COLUMNS,
  name: ({ model }) => model.name,
  purpose: ({ model }) => model.purpose,
  kind: ({ model }) => model.kind ?? '',
  vendor: ({ model }) => model.vendor ?? '',
  'business line': ({ model }) => model.businessLine,
  jurisdictions: ({ model }) => model.jurisdictions.join('; '),
  population: ({ use }) => use?.population ?? '',
  limits: ({ use }) => use?.limits ?? '',
  exposure: ({ model }) => model.exposure?.amount ?? '',
  currency: ({ model }) => model.exposure?.currency ?? '',
  'open findings': ({ model }) => model.openFindings,
  assumptions: ({ model }) => (model.assumptions ?? []).join('; '),
  sources: ({ model }) => (model.sources ?? []).join('; '),
} as const satisfies { readonly [title: string]: Cell };

const TIER_RANK = ['high', 'medium', 'low'];
export const SORTS = ['model', 'owner', 'tier', 'status', 'grade', 'origin'] as const;

/** By one column and then by name, in the order of code units: the same on every machine. */
export function sortLines(
  lines: readonly InventoryLine[],
  by: (typeof SORTS)[number],
): readonly InventoryLine[] {
  const key = (line: InventoryLine): string => {
    if (by !== 'tier') return String(COLUMNS[by](line));
    const rank = TIER_RANK.indexOf(line.use?.tier ?? '');
    return String(rank < 0 ? TIER_RANK.length : rank);
  };
  return [...lines].sort(
    (a, b) =>
      compare(key(a), key(b)) ||
      compare(a.model.model, b.model.model) ||
      compare(a.use?.use ?? '', b.use?.use ?? ''),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function inventoryTable(lines: readonly InventoryLine[]): readonly string[] {
  const cells = Object.values(COLUMNS);
  return table(
    Object.keys(COLUMNS),
    lines.map((line) => cells.map((cell) => cell(line))),
  );
}

export function inventoryCsv(lines: readonly InventoryLine[]): string {
  const cells = Object.values(EXPORTED);
  return csvTable(
    Object.keys(EXPORTED),
    lines.map((line) => cells.map((cell) => cell(line))),
  );
}
