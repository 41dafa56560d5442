// SPDX-License-Identifier: Apache-2.0
import { type InventoryEntryContent, LINK_TYPES, MODEL_KINDS, TIERS } from '@countersign/kernel';

/** What can be wrong with a row, for whoever sorts a long report by machine. */
export type RowProblemCode =
  | 'cell_empty'
  | 'name_invalid'
  | 'value_unknown'
  | 'value_twice'
  | 'day_invalid'
  | 'digest_invalid'
  | 'amount_invalid'
  | 'currency_invalid'
  | 'place_missing'
  | 'cells_missing'
  | 'model_twice'
  | 'owner_unknown'
  | 'link_unknown'
  | 'tier_not_permitted'
  | 'tier_signed';

/** A cell that cannot be taken: what is wrong, and what to do about it. */
export class CellProblem extends Error {
  readonly code: RowProblemCode;
  readonly next: string;

  constructor(code: RowProblemCode, message: string, next: string) {
    super(message);
    this.name = 'CellProblem';
    this.code = code;
    this.next = next;
  }
}

/** One row of the table, by column; an empty cell is absent. */
export type Cells = ReadonlyMap<string, string>;

export const REQUIRED_COLUMNS = [
  'model',
  'name',
  'purpose',
  'owner',
  'origin',
  'business_line',
  'jurisdictions',
  'uses',
] as const;

export const OPTIONAL_COLUMNS = [
  'developer',
  'kind',
  'vendor',
  'document',
  'document_digest',
  'file',
  'file_digest',
  'endpoint',
  'endpoint_digest',
  'exposure',
  'currency',
  'exposure_as_of',
  'in_use_since',
  'feeds',
  'shares_data',
  'shares_assumption',
  'assumptions',
  'sources',
  'use_owner',
  'population',
  'limits',
  'tier',
  'tier_reason',
  'fair_lending',
] as const;

export type Column = (typeof REQUIRED_COLUMNS)[number] | (typeof OPTIONAL_COLUMNS)[number];

const NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const NAME_RULE = 'use lower-case letters, digits, `.`, `_` and `-`, as in `credit-card-pd`';
const ORIGINS = ['built', 'imported', 'external'] as const;

type Read<T> = (cells: Cells) => T;

/** What a tier column asks model risk to sign. */
export interface ImportedTier {
  readonly tier: (typeof TIERS)[number];
  readonly reason?: string;
  readonly fairLending: boolean;
}

const oneOf =
  <T extends string>(column: Column, allowed: readonly T[]): Read<T | undefined> =>
  (cells) => {
    const text = cells.get(column);
    const found = allowed.find((one) => one === text);
    if (text === undefined || found !== undefined) return found;
    throw new CellProblem(
      'value_unknown',
      `\`${text}\` is not known here`,
      `write one of ${allowed.join(', ')}`,
    );
  };

function needed(column: Column): Read<string> {
  return (cells) => {
    const text = cells.get(column);
    if (text === undefined)
      throw new CellProblem('cell_empty', 'it is empty', `give the ${column.replaceAll('_', ' ')}`);
    return text;
  };
}

function text(column: Column): Read<string | undefined> {
  return (cells) => cells.get(column);
}

function name(column: Column): Read<string> {
  return (cells) => nameIn(needed(column)(cells));
}

function nameIn(given: string): string {
  if (NAME.test(given)) return given;
  throw new CellProblem('name_invalid', `\`${given}\` is not a name`, NAME_RULE);
}

/** Cells of several values are parted by semicolons. */
function list(column: Column): Read<readonly string[] | undefined> {
  return (cells) => {
    const values = cells
      .get(column)
      ?.split(';')
      .map((one) => one.trim())
      .filter((one) => one !== '');
    const twice = values?.find((one, index) => values.indexOf(one) !== index);
    if (twice !== undefined)
      throw new CellProblem('value_twice', `\`${twice}\` stands in it twice`, 'write it once');
    return values;
  };
}

function names(column: Column): Read<readonly string[]> {
  return (cells) => {
    const found = list(column)(cells);
    if (found === undefined || found.length === 0)
      throw new CellProblem('cell_empty', 'it is empty', `give one or more, parted by \`;\``);
    return column === 'uses' ? found.map(nameIn) : found;
  };
}

function day(column: Column): Read<string | undefined> {
  return (cells) => {
    const given = cells.get(column);
    if (given === undefined) return undefined;
    const time = /^\d{4}-\d\d-\d\d$/.test(given)
      ? Date.parse(`${given}T00:00:00.000Z`)
      : Number.NaN;
    if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(given)) return given;
    throw new CellProblem(
      'day_invalid',
      `\`${given}\` is not a day`,
      'write it as in `2019-04-01`',
    );
  };
}

function digest(column: Column): Read<string | undefined> {
  return (cells) => {
    const given = cells.get(column);
    if (given === undefined || /^[0-9a-f]{64}$/.test(given)) return given;
    throw new CellProblem(
      'digest_invalid',
      `\`${given}\` is not a SHA-256`,
      'write 64 characters of 0-9 and a-f, as `sha256sum` prints',
    );
  };
}

function amount(cells: Cells): string | undefined {
  const given = cells.get('exposure');
  if (given === undefined) return undefined;
  if (/^(?:0|[1-9]\d{0,17})(?:\.\d{1,6})?$/.test(given)) return canonical(given);
  throw new CellProblem(
    'amount_invalid',
    `\`${given}\` is not an amount`,
    'write digits with a point, without blanks or commas: `1250000.50`',
  );
}

/** Records hold a decimal in one way alone: without zeros at its end. */
function canonical(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

function currency(cells: Cells): string | undefined {
  const given = cells.get('currency');
  if (given === undefined) {
    if (cells.has('exposure'))
      throw new CellProblem(
        'cell_empty',
        'it is empty',
        'an exposure needs its currency, such as USD',
      );
    return undefined;
  }
  if (/^[A-Z]{3}$/.test(given)) return given;
  throw new CellProblem(
    'currency_invalid',
    `\`${given}\` is not a currency`,
    'write three capitals (ISO 4217), such as USD',
  );
}

function yesOrNo(cells: Cells): boolean {
  return oneOf('fair_lending', ['yes', 'no'])(cells) === 'yes';
}

/** Reads every column, and each problem with the column that it is in. */
export interface ColumnReaders {
  readonly [column: string]: Read<unknown>;
}

export const READERS = {
  model: name('model'),
  name: needed('name'),
  purpose: needed('purpose'),
  owner: needed('owner'),
  developer: text('developer'),
  origin: (cells: Cells) => {
    needed('origin')(cells);
    return oneOf('origin', ORIGINS)(cells) ?? 'built';
  },
  business_line: needed('business_line'),
  jurisdictions: names('jurisdictions'),
  uses: names('uses'),
  kind: oneOf('kind', MODEL_KINDS),
  vendor: (cells: Cells) => {
    const given = cells.get('vendor');
    const isNamed = ['document', 'file', 'endpoint'].some((column) => cells.has(column));
    if (given !== undefined || isNamed || cells.get('origin') !== 'external') return given;
    throw new CellProblem(
      'place_missing',
      'an external model has neither vendor nor place',
      'name the vendor, or a document, file or endpoint',
    );
  },
  document_digest: digest('document_digest'),
  file_digest: digest('file_digest'),
  endpoint_digest: digest('endpoint_digest'),
  exposure: amount,
  currency,
  exposure_as_of: day('exposure_as_of'),
  in_use_since: day('in_use_since'),
  feeds: list('feeds'),
  shares_data: list('shares_data'),
  shares_assumption: list('shares_assumption'),
  assumptions: list('assumptions'),
  sources: list('sources'),
  tier: oneOf('tier', TIERS),
  fair_lending: yesOrNo,
} as const satisfies ColumnReaders;

type Values = { readonly [K in keyof typeof READERS]: ReturnType<(typeof READERS)[K]> };

/** The entry of a row of which every column was read without a problem. */
export function entryOf(values: Values, cells: Cells): InventoryEntryContent {
  const { exposure, currency: unit, exposure_as_of: asOf } = values;
  const links = linksOf(values);
  const location = locationOf(values, cells);
  const terms = {
    owner: cells.get('use_owner'),
    population: cells.get('population'),
    limits: cells.get('limits'),
  };
  const hasTerms = Object.values(terms).some((one) => one !== undefined);
  return {
    name: values.name,
    purpose: values.purpose,
    owner: values.owner,
    developer: values.developer ?? values.vendor ?? values.owner,
    origin: values.origin,
    businessLine: values.business_line,
    jurisdictions: values.jurisdictions,
    uses: values.uses,
    ...given({
      kind: values.kind,
      vendor: values.vendor,
      location: location.length === 0 ? undefined : location,
      exposure:
        exposure === undefined || unit === undefined
          ? undefined
          : { amount: exposure, currency: unit, ...given({ asOf }) },
      inUseSince: values.in_use_since,
      links: links.length === 0 ? undefined : links,
      assumptions: values.assumptions,
      sources: values.sources,
      useTerms: hasTerms ? values.uses.map((use) => ({ use, ...given(terms) })) : undefined,
    }),
  };
}

const LINK_COLUMNS = {
  feeds: 'feeds',
  'shares-data': 'shares_data',
  'shares-assumption': 'shares_assumption',
} as const;

function linksOf(values: Values): NonNullable<InventoryEntryContent['links']> {
  return LINK_TYPES.flatMap((type) =>
    (values[LINK_COLUMNS[type]] ?? []).map((model) => ({ type, model })),
  );
}

function locationOf(values: Values, cells: Cells): NonNullable<InventoryEntryContent['location']> {
  return (['document', 'file', 'endpoint'] as const).flatMap((what) => {
    const place = cells.get(what);
    if (place === undefined) return [];
    return [{ what, name: place, ...given({ digest: values[`${what}_digest`] }) }];
  });
}

export function tierOf(values: Values, cells: Cells): ImportedTier | undefined {
  const { tier, fair_lending: fairLending } = values;
  if (tier === undefined) return undefined;
  return { tier, fairLending, ...given({ reason: cells.get('tier_reason') }) };
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(members: T): Given<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<T>; // the same keys, less those without a value
}
