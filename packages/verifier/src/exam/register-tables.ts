// SPDX-License-Identifier: Apache-2.0
/** A column's heading, and the path of its value in a line of the register. */
export type Column = readonly [string, string];

export interface RegisterTable {
  /** Member of the register that holds its lines; the register itself unless given. */
  readonly list?: string;
  readonly columns: readonly Column[];
}

const SUBJECT: readonly Column[] = [
  ['model', 'model'],
  ['use', 'use'],
  ['version', 'version'],
];
const SIGNED: readonly Column[] = [
  ['by', 'by'],
  ['logged', 'loggedAt'],
  ['record', 'record'],
];

/** What a reader sees of each register; all of it is in the JSON. */
const TABLES: ReadonlyMap<string, RegisterTable> = new Map<string, RegisterTable>([
  [
    'inventory',
    {
      columns: [
        ['model', 'model'],
        ['name', 'entry.name'],
        ['owner', 'entry.owner'],
        ['origin', 'entry.origin'],
        ['use', 'tiers.0.use'],
        ['tier', 'tiers.0.tier'],
        ['versions', 'versions'],
        ['newest stage', 'versions.-1.stage'],
        ['tier record', 'tiers.0.record'],
      ],
    },
  ],
  [
    'validation-index',
    {
      columns: [
        ...SUBJECT,
        ['outcome', 'outcome'],
        ['rating', 'rating'],
        ['in force', 'inForce'],
        ['warrants', 'warrants'],
        ...SIGNED,
      ],
    },
  ],
  [
    'findings',
    {
      list: 'findings',
      columns: [
        ['id', 'id'],
        ['model', 'model'],
        ['title', 'content.title'],
        ['severity', 'content.severity'],
        ['status', 'content.status'],
        ['owner', 'content.owner'],
        ['due', 'content.due'],
        ['days open', 'daysOpen'],
        ['days overdue', 'daysOverdue'],
        ['record', 'record'],
      ],
    },
  ],
  [
    'exceptions',
    {
      columns: [
        ...SUBJECT,
        ['condition', 'condition'],
        ['reason', 'reason'],
        ['expires', 'expires'],
        ['state', 'state'],
        ['renewals', 'renewals'],
        ['by', 'by'],
        ['record', 'record'],
      ],
    },
  ],
  [
    'overlays',
    {
      columns: [
        ['id', 'id'],
        ['model', 'model'],
        ['segment', 'segment'],
        ['size', 'size'],
        ['authority', 'authority'],
        ['since', 'since'],
        ['expires', 'expires'],
        ['state', 'state'],
        ['record', 'record'],
      ],
    },
  ],
  ['overrides', { columns: [...SUBJECT, ['reason', 'reason'], ...SIGNED] }],
  [
    'reviews',
    {
      columns: [
        ['model', 'model'],
        ['use', 'use'],
        ['tier', 'tier'],
        ['state', 'state'],
        ['last', 'last.at'],
        ['outcome', 'last.content.outcome'],
        ['due', 'due'],
        ['record', 'last.digest'],
      ],
    },
  ],
  [
    'policies',
    {
      columns: [
        ['kind', 'kind'],
        ['name', 'name'],
        ['version', 'text.version'],
        ['from', 'inForceFrom'],
        ['until', 'inForceUntil'],
        ['by', 'by'],
        ['record', 'record'],
      ],
    },
  ],
  ['committee-decisions', { columns: [['type', 'type'], ...SUBJECT, ...SIGNED] }],
  [
    'roles-and-keys',
    {
      list: 'keys',
      columns: [
        ['holder', 'holder'],
        ['roles', 'roles'],
        ['standing', 'standing'],
        ['from', 'effectiveFrom'],
        ['key', 'key'],
        ['record', 'record'],
      ],
    },
  ],
  [
    'change-population',
    {
      list: 'records',
      columns: [
        ['entry', 'index'],
        ['type', 'type'],
        ...SUBJECT,
        ['actor', 'actor'],
        ['logged', 'loggedAt'],
        ['counts', 'counts'],
        ['why not', 'reason'],
        ['record', 'record'],
      ],
    },
  ],
  [
    'cm-2-baseline',
    {
      list: 'components',
      columns: [
        ['environment', 'environment'],
        ...SUBJECT,
        ['artefact', 'artifactDigest'],
        ['expires', 'expires'],
        ['warrant', 'record'],
      ],
    },
  ],
  [
    'cm-3-changes',
    {
      columns: [
        ...SUBJECT,
        ['to', 'transition'],
        ['class', 'class'],
        ['state', 'state'],
        ['decisions', 'decisions'],
        ...SIGNED,
      ],
    },
  ],
  [
    'cm-4-impact',
    {
      columns: [
        ['impact', 'statement'],
        ['rollback', 'rollback'],
        ['missing', 'missing'],
        ['record', 'record'],
      ],
    },
  ],
  [
    'cm-5-access',
    {
      list: 'roles',
      columns: [
        ['role', 'role'],
        ['accounts', 'accounts'],
      ],
    },
  ],
  [
    'cm-6-settings',
    {
      list: 'floors',
      columns: [...SUBJECT, ['tier', 'tier'], ['floors', 'floors'], ...SIGNED],
    },
  ],
  [
    'cm-8-components',
    {
      columns: [
        ...SUBJECT,
        ['artefact', 'artifactDigest'],
        ['packages', 'environment.packages'],
        ['in use', 'inUse'],
        ['record', 'record'],
      ],
    },
  ],
]);

const POSTURE: RegisterTable = {
  columns: [
    ['at', 'at'],
    ['live', 'live.count'],
    ['by tier', 'live.byTier'],
    ['expiring', 'live.expiring'],
    ['acts', 'acts.byKind'],
    ['requests', 'requests.byState'],
    ['open findings', 'findings.bySeverity'],
    ['overdue', 'findings.overdue'],
    ['breaches', 'monitoring.breached'],
    ['baseline', 'baseline'],
  ],
};

/** The table of a register; those without one of their own are postures. */
export function tableFor(register: string): RegisterTable {
  return TABLES.get(register) ?? POSTURE;
}
