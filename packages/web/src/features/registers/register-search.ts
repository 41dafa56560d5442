// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

export const REGISTERS = [
  { id: 'overlays', label: 'Overlays' },
  { id: 'overrides', label: 'Overrides' },
  { id: 'exceptions', label: 'Exceptions' },
  { id: 'envelopes', label: 'Envelopes' },
  { id: 'attestations', label: 'Attestations' },
  { id: 'workload', label: 'Workload' },
  { id: 'deputies', label: 'Deputies' },
  { id: 'committees', label: 'Committees' },
] as const;
export type RegisterId = (typeof REGISTERS)[number]['id'];

export function registerOf(text: string): RegisterId | undefined {
  return REGISTERS.find(({ id }) => id === text)?.id;
}

const text = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** Columns that a register may filter by, as the address names them. */
export const FILTERS = ['state', 'kind', 'model', 'role', 'campaign'] as const;
export type RegisterFilter = (typeof FILTERS)[number];

/** What the page of a register shows, as its address says it; a member that is unreadable counts as absent. */
export const RegisterSearch = z.object({
  q: text,
  sort: text,
  state: text,
  kind: text,
  model: text,
  role: text,
  campaign: text,
});
export type RegisterSearch = z.infer<typeof RegisterSearch>;
