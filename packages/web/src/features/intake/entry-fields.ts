// SPDX-License-Identifier: Apache-2.0
import { type InventoryEntryContent, MODEL_KINDS } from '@countersign/kernel';
import { choicesOf, type Field, given, linesOf } from '../../shell/form/field.ts';
import type { Values } from '../../shell/form/kept-draft.ts';

export const ENTRY_FIELDS: readonly Field[] = [
  {
    kind: 'line',
    name: 'model',
    label: 'Name in the inventory',
    description: 'Lower-case letters, digits, points, dashes: consumer-credit. It never changes.',
  },
  { kind: 'line', name: 'name', label: 'Name for people' },
  { kind: 'text', name: 'purpose', label: 'Purpose' },
  { kind: 'person', name: 'owner', label: 'Owner' },
  { kind: 'person', name: 'developer', label: 'Developer' },
  {
    kind: 'choice',
    name: 'origin',
    label: 'Origin',
    choices: [
      { value: 'built', label: 'built here' },
      { value: 'imported', label: 'imported: an artefact, no run' },
      { value: 'external', label: 'external: a vendor’s or a legacy system’s' },
    ],
  },
  {
    kind: 'choice',
    name: 'kind',
    label: 'Method',
    choices: choicesOf(MODEL_KINDS),
    isOptional: true,
  },
  { kind: 'line', name: 'vendor', label: 'Vendor', isOptional: true },
  { kind: 'line', name: 'businessLine', label: 'Business line' },
  {
    kind: 'lines',
    name: 'jurisdictions',
    label: 'Jurisdictions',
    description: 'One a line, such as US.',
  },
  {
    kind: 'lines',
    name: 'uses',
    label: 'Uses',
    description: 'One a line, such as underwriting. A further use is a further line.',
  },
  {
    kind: 'lines',
    name: 'populations',
    label: 'Populations',
    description: 'Whom a use is for, a line each: underwriting: applicants below 20,000',
    isOptional: true,
    places: ['body.useTerms', 'content.useTerms'],
  },
  {
    kind: 'lines',
    name: 'limits',
    label: 'Limits',
    description: 'What bounds a use, a line each: underwriting: not for existing customers',
    isOptional: true,
  },
];

export function entryValues(model: string, entry: Partial<InventoryEntryContent>): Values {
  const terms = entry.useTerms ?? [];
  const lines = (member: 'population' | 'limits') =>
    terms
      .flatMap((one) => (one[member] === undefined ? [] : [`${one.use}: ${one[member]}`]))
      .join('\n');
  return {
    model,
    name: entry.name ?? '',
    purpose: entry.purpose ?? '',
    owner: entry.owner ?? '',
    developer: entry.developer ?? '',
    origin: entry.origin ?? '',
    kind: entry.kind ?? '',
    vendor: entry.vendor ?? '',
    businessLine: entry.businessLine ?? '',
    jurisdictions: (entry.jurisdictions ?? []).join('\n'),
    uses: (entry.uses ?? []).join('\n'),
    populations: lines('population'),
    limits: lines('limits'),
  };
}

/** What the form says of a model. Owners of single uses, which it does not ask for, stay as they are. */
export function entrySaid(values: Values, before: Partial<InventoryEntryContent>) {
  const terms = termsOf(values, before);
  return {
    name: values.name,
    purpose: values.purpose,
    owner: values.owner,
    developer: values.developer,
    origin: values.origin,
    kind: given(values.kind),
    vendor: given(values.vendor),
    businessLine: values.businessLine,
    jurisdictions: linesOf(values.jurisdictions),
    uses: linesOf(values.uses),
    useTerms: terms.length === 0 ? undefined : terms,
  };
}

function termsOf(values: Values, before: Partial<InventoryEntryContent>) {
  const populations = byUse(values.populations);
  const limits = byUse(values.limits);
  const owners = new Map(
    (before.useTerms ?? []).flatMap(({ use, owner }) =>
      owner === undefined ? [] : [[use, owner]],
    ),
  );
  const uses = [...new Set([...populations.keys(), ...limits.keys(), ...owners.keys()])];
  return uses.map((use) => ({
    use,
    owner: owners.get(use),
    population: populations.get(use),
    limits: limits.get(use),
  }));
}

/** Lines of `use: words`; a line without a use is of the one before it. */
function byUse(value: string | boolean | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let last: string | undefined;
  for (const line of linesOf(value)) {
    const [, use, words] = /^([a-z0-9][a-z0-9._-]*)\s*:\s*(.+)$/.exec(line) ?? [];
    if (use !== undefined && words !== undefined) {
      found.set(use, words);
      last = use;
    } else if (last !== undefined) found.set(last, `${found.get(last)} ${line}`);
    else found.set(line.split(':')[0] ?? line, line);
  }
  return found;
}
