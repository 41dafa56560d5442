// SPDX-License-Identifier: Apache-2.0
import { labelOf } from './presenters/content.ts';

/** Names that the id alone does not give. */
const NAMES: Readonly<Record<string, string>> = {
  'assumptions-limitations': 'Assumptions and limitations',
  'config-baseline': 'Configuration baseline',
  'environment-lock': 'Environment',
  'model-artifact': 'Model artefact',
  'model-spec': 'Model specification',
  'sod-check': 'Separation of duties',
  'e-signature': 'Electronic signatures',
  'policy-document': 'Policies and packs',
};

const KINDS: Readonly<Record<string, string>> = { 'own-tests': 'own tests' };

/** An evidence id as people call it: `data-quality-report` and `data-quality-report, training`. */
export function evidenceName(id: string): string {
  const [type = '', ...kind] = id.split(', ');
  const name = NAMES[type] ?? labelOf(type);
  return [name, ...kind.map((one) => KINDS[one] ?? one)].join(', ');
}

/** A record of the appendix, `data-quality-report (training)`, by the same names. */
export function sourceName(type: string): string {
  const [id = '', ...rest] = type.split(' (');
  return [evidenceName(id), ...rest].join(' (');
}
