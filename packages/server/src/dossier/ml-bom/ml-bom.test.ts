// SPDX-License-Identifier: Apache-2.0
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { expect, test } from 'vitest';
import { creditFirmVersion, PACK_FILE } from '../testing/credit-document.ts';
import { MODEL } from '../testing/credit-version.ts';
import { mlBom } from './ml-bom.ts';

const LIMITS = {
  type: 'assumptions-limitations',
  scope: 'model',
  subjectRef: MODEL,
  content: {
    title: 'Limits',
    author: 'dana',
    sections: [{ heading: 'Limitations', markdown: 'Granted loans only.' }],
    facts: {},
  },
} as const;

async function credit() {
  const { set, context, asOf } = await creditFirmVersion(PACK_FILE, {
    more: (firm) => firm.add(LIMITS, 'dana'),
  });
  return mlBom({ set, context, asOf, firm: set.founding.firm });
}

test('the bill of a model version is CycloneDX 1.6 by its own schema, strictly, and a broken one is not', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  const text = JSON.stringify(await credit());
  expect(await validator.validate(text)).toBeNull();
  const broken = text.replace('machine-learning-model', 'machine-learning-muddle');
  expect(await validator.validate(broken)).not.toBeNull();
});

test('it names the artefact by digest, its data, its packages and its measured figures, and is the same each time', async () => {
  const bill = await credit();
  expect(JSON.stringify(await credit())).toBe(JSON.stringify(bill));
  const { metadata, components } = JSON.parse(JSON.stringify(bill));
  expect(metadata.component.type).toBe('machine-learning-model');
  expect(metadata.component.hashes[0].content).toMatch(/^[0-9a-f]{64}$/);
  const { modelCard } = metadata.component;
  expect(
    modelCard.quantitativeAnalysis.performanceMetrics.map(({ type }: { type: string }) => type),
  ).toContain('auc');
  expect(new Set(components.map(({ type }: { type: string }) => type))).toEqual(
    new Set(['data', 'library']),
  );
  expect(modelCard.considerations.technicalLimitations).toEqual(['Granted loans only.']);
});
