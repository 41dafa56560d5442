// SPDX-License-Identifier: Apache-2.0

import type { Json, RecordSet } from '@countersign/kernel';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { beforeAll, expect, test } from 'vitest';
import { lintDocument, loadPack, renderHtml } from '../../dossier/index.ts';
import { creditFirmVersion, PACK_FILE } from '../../dossier/testing/credit-document.ts';
import { USE } from '../../dossier/testing/credit-version.ts';
import { compileRequest } from '../document-kinds.ts';
import { documentRequest } from '../document-request.ts';

let set: RecordSet;
beforeAll(async () => {
  const { pack } = await loadPack(PACK_FILE);
  ({ set } = await creditFirmVersion(PACK_FILE, {
    more: async (firm) => {
      await firm.add(
        {
          type: 'policy-document',
          kind: 'framework-pack',
          content: { title: pack.title, pack: pack as unknown as Json },
        },
        'ada',
        'alan',
      );
      await firm.add(
        {
          type: 'scope-determination',
          scope: 'use',
          subjectRef: USE,
          content: { pack: pack.id, inScope: true, rationale: 'a bank’s model' },
        },
        'mia',
      );
    },
  }));
});

const PERIOD = { from: '2026-01-01T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' };

const compiled = (document: string) =>
  compileRequest(
    documentRequest(set, {
      workspace: 'main',
      params: { document, model: 'consumer-credit', version: 1, use: 'underwriting', ...PERIOD },
    }),
  );

const DOCUMENTS = [
  'doc/clause-coverage-matrix',
  'doc/model-card',
  'doc/reproduction-certificate',
  'doc/model-inventory',
  'doc/soc2-population',
];

test.each(DOCUMENTS)('%s has nothing that the checklist finds wrong', (document) => {
  expect(lintDocument(compiled(document).model)).toEqual([]);
});

test.each(DOCUMENTS)('%s of the same records is the same', (document) => {
  expect(renderHtml(compiled(document).model)).toBe(renderHtml(compiled(document).model));
});

test('the matrix names every clause of a pack in scope with its records and its gaps', () => {
  const { model } = compiled('doc/clause-coverage-matrix');
  const text = JSON.stringify(model.sections[0]);
  expect(text).toContain('sr-26-2/IV.development.testing');
  expect(text).toContain('missing; blocks');
  expect(model.sources.length).toBeGreaterThan(5);
  expect(model.sections.at(-1)?.title).toBe('Gates');
});

test('the model card carries a CycloneDX ML-BOM that its schema accepts', async () => {
  const [bill] = compiled('doc/model-card').attachments ?? [];
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(new TextDecoder().decode(bill?.bytes))).toBeNull();
});

test('the population of a period names every change request and deployment, with the range of the log it was taken from', () => {
  const { model, scope } = compiled('doc/soc2-population');
  expect(scope).toBe('firm');
  const wanted = set.records.filter(({ statement }) =>
    ['change-record', 'deployment-record'].includes(statement.predicate.type),
  );
  expect(model.sources.map(({ digest }) => digest)).toEqual(wanted.map(({ digest }) => digest));
  expect(JSON.stringify(model.sections[3])).toContain(`0 to ${set.records.length - 1}`);
});

test('a population without a period is refused with the option that is missing', () => {
  const request = documentRequest(set, {
    workspace: 'main',
    params: { document: 'doc/soc2-population' },
  });
  expect(() => compileRequest(request)).toThrow('--from');
});
