// SPDX-License-Identifier: Apache-2.0
// A table of 180 models as a firm would bring it: 169 good rows, and eleven that are each wrong in another way.

export type Row = Readonly<Record<string, string>>;

const COLUMNS = [
  ...['model', 'name', 'purpose', 'owner', 'developer', 'origin', 'business_line', 'jurisdictions'],
  ...[
    'uses',
    'kind',
    'vendor',
    'document',
    'document_digest',
    'exposure',
    'currency',
    'in_use_since',
  ],
  ...[
    'feeds',
    'assumptions',
    'sources',
    'population',
    'limits',
    'tier',
    'tier_reason',
    'fair_lending',
  ],
];

const KINDS = ['sas', 'spreadsheet', 'vendor-score', 'pmml', 'r', 'scorecard', 'expert', 'rule'];
const ORIGINS = ['built', 'imported', 'external'];
const TIERS = ['high', 'medium', 'low', ''];

function goodRow(index: number, owners: readonly string[]): Row {
  const number = String(index).padStart(3, '0');
  const origin = ORIGINS[index % 3] ?? 'built';
  return {
    model: `model-${number}`,
    name: `Model "${number}", of the book`,
    purpose: 'scores applications,\nand renewals',
    owner: owners[index % owners.length] ?? '',
    developer: 'modelling',
    origin,
    business_line: 'retail credit',
    jurisdictions: 'US; GB',
    uses: index % 5 === 0 ? 'underwriting; pricing' : 'underwriting',
    kind: KINDS[index % KINDS.length] ?? '',
    vendor: origin === 'external' ? 'Vendor Inc.' : '',
    document: origin === 'external' ? 'methodology.pdf' : '',
    document_digest: origin === 'external' ? 'ab'.repeat(32) : '',
    exposure: `${index + 1}000.50`,
    currency: 'USD',
    in_use_since: index % 2 === 0 ? '2019-04-01' : '',
    feeds: index % 10 === 1 ? `model-${String(index + 2).padStart(3, '0')}` : '',
    assumptions: index % 4 === 0 ? 'unemployment-path' : '',
    sources: index % 3 === 0 ? 'bureau-file; core-ledger' : 'core-ledger',
    population: 'new applicants',
    limits: 'not above 50,000 a case',
    tier: TIERS[index % 4] ?? '',
    tier_reason: 'committee of 2024',
    fair_lending: index % 2 === 0 ? 'yes' : 'no',
  };
}

/** The bad rows: which, how they are wrong, and what must be said of them. */
const SPOILT: readonly {
  readonly row: number;
  readonly column: string;
  readonly value: string;
  readonly says: RegExp;
}[] = [
  {
    row: 5,
    column: 'model',
    value: 'Model Five',
    says: /column `model`: `Model Five` is not a name; use/,
  },
  { row: 17, column: 'name', value: '', says: /column `name`: it is empty; give the name/ },
  {
    row: 30,
    column: 'owner',
    value: 'nobody.known',
    says: /no account of the firm; write the account/,
  },
  {
    row: 44,
    column: 'origin',
    value: 'bought',
    says: /`bought` is not known here; write one of built/,
  },
  {
    row: 58,
    column: 'kind',
    value: 'magic',
    says: /`magic` is not known here; write one of statistical/,
  },
  { row: 71, column: 'document_digest', value: 'abc', says: /is not a SHA-256; write 64/ },
  { row: 85, column: 'exposure', value: '1,000', says: /is not an amount; write digits/ },
  { row: 102, column: 'in_use_since', value: '2019-02-30', says: /is not a day; write it as/ },
  { row: 119, column: 'feeds', value: 'no-such-model', says: /no model `no-such-model` stands/ },
  { row: 140, column: 'tier', value: 'hgih', says: /`hgih` is not known here; write one of high/ },
  { row: 166, column: 'model', value: 'model-002', says: /stands in line 6 already; keep one/ },
];

const TOTAL = 180;
export const GOOD = TOTAL - SPOILT.length;

/** Rows are counted from 0. A good row holds a line's end in a quoted cell, so it spans two lines of the file. */
export const BAD = SPOILT.map(({ row, column, says }) => ({
  line: 2 + row * 2,
  column,
  says,
  row,
}));

export function inventoryRows(owners: readonly string[]): readonly Row[] {
  return Array.from({ length: TOTAL }, (_, index) => {
    const good = goodRow(index, owners);
    const spoilt = SPOILT.find(({ row }) => row === index);
    return spoilt === undefined ? good : { ...good, [spoilt.column]: spoilt.value };
  });
}

export function tableOf(rows: readonly Row[]): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const line = (row: Row) => COLUMNS.map((column) => quoted(row[column] ?? '')).join(',');
  return `${[COLUMNS.join(','), ...rows.map(line)].join('\n')}\n`;
}
