// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { evidenceSetDigest } from './assemble-document.ts';
import { compileDocument } from './compile-document.ts';
import { compileModelDevelopment } from './compile-model-development.ts';
import type { Block, DocumentModel } from './document.ts';
import { creditDocumentInput } from './testing/credit-document.ts';

function gapsOf(model: DocumentModel): readonly Extract<Block, { kind: 'gap' }>[] {
  return model.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'gap' ? [block] : [])),
  );
}

function evidenceOf(model: DocumentModel, id: string) {
  return model.sections.flatMap(({ evidence }) => evidence).find((item) => item.id === id);
}

describe('the model development document', () => {
  test('has the sections of the pack, in its order', async () => {
    const input = await creditDocumentInput();
    const model = compileModelDevelopment(input);
    const outline = input.pack.pack.documents.find(({ id }) => id === 'doc/model-development');
    expect(model.sections.map(({ number, title }) => ({ number, title }))).toEqual(
      outline?.sections.map(({ number, title }) => ({ number, title })),
    );
  });

  test('is the same model for the same records', async () => {
    const first = compileModelDevelopment(await creditDocumentInput());
    const second = compileModelDevelopment(await creditDocumentInput());
    expect(second).toEqual(first);
  });

  test('prints missing evidence as a gap with the clauses that ask for it', async () => {
    const model = compileModelDevelopment(await creditDocumentInput());
    expect(gapsOf(model).find(({ evidence }) => evidence === 'benchmark-test')).toEqual({
      kind: 'gap',
      evidence: 'benchmark-test',
      status: 'missing',
      clauses: ['sr-26-2/IV.development.testing', 'sr-26-2/V.validation.interpretability'],
      why: 'No record of this evidence is bound to version 1 or carried forward to it. Due at submission to staging.',
    });
  });

  test('tells what is not due yet, not applicable and asked by no clause apart', async () => {
    const gaps = gapsOf(compileModelDevelopment(await creditDocumentInput()));
    const status = (id: string) => gaps.find(({ evidence }) => evidence === id)?.status;
    expect(status('explainability-test')).toBe('not yet due');
    expect(status('vendor-assessment')).toBe('not applicable');
    expect(status('config-baseline')).toBe('missing');
    expect(gaps.find(({ evidence }) => evidence === 'config-baseline')?.clauses).toEqual([]);
  });

  test('has one more gap for each record that is taken away, and no other change of status', async () => {
    const whole = compileModelDevelopment(await creditDocumentInput());
    for (const id of ['intended-use', 'performance-test', 'design-rationale', 'training-run']) {
      const model = compileModelDevelopment(await creditDocumentInput({ without: [id] }));
      const added = gapsOf(model).filter(
        ({ evidence }) => !gapsOf(whole).some((gap) => gap.evidence === evidence),
      );
      expect(added.map(({ evidence }) => evidence)).toEqual([id]);
      expect(evidenceOf(model, id)?.status).toBe('missing');
    }
  });

  test('names a missing kind beside the kinds that are there', async () => {
    const input = await creditDocumentInput();
    const other = input.records.map((record) =>
      record.statement.predicate.type === 'robustness-test'
        ? withPredicate(record, { kind: 'boundary' })
        : record,
    );
    const results = input.results.map((result) => ({
      ...result,
      evidence: result.evidence.map((item) =>
        item.id === 'robustness-test' ? { ...item, status: 'missing' as const, records: [] } : item,
      ),
    }));
    const model = compileModelDevelopment({ ...input, records: other, results });
    const gap = gapsOf(model).find(({ evidence }) => evidence === 'robustness-test');
    expect(gap).toMatchObject({ evidenceKind: 'sensitivity', status: 'missing' });
    expect(evidenceOf(model, 'robustness-test')?.digests).toHaveLength(1);
  });

  test('marks a section whose evidence is about other artefact bytes as stale', async () => {
    const input = await creditDocumentInput();
    const records = input.records.map((record) =>
      record.statement.predicate.type === 'model-spec'
        ? withPredicate(record, {
            subjectRef: {
              ...record.statement.predicate.subjectRef,
              artifactDigest: 'f'.repeat(64),
            },
          })
        : record,
    );
    const results = input.results.map((result) => ({
      ...result,
      evidence: result.evidence.map((item) =>
        item.id === 'model-spec' && item.status === 'met'
          ? { ...item, status: 'stale' as const }
          : item,
      ),
    }));
    const model = compileModelDevelopment({ ...input, records, results });
    expect(evidenceOf(model, 'model-spec')?.status).toBe('stale');
    const notices = model.sections.flatMap(({ blocks }) =>
      blocks.filter((block) => block.kind === 'notice' && block.tone === 'stale'),
    );
    expect(notices).toHaveLength(1);
  });

  test('leaves the measurements of the validator to her own document', async () => {
    const input = await creditDocumentInput();
    const records = input.records.map((record) =>
      record.statement.predicate.type === 'performance-test'
        ? withPredicate(record, {
            content: { ...record.statement.predicate.content, phase: 'validation' },
          })
        : record,
    );
    const development = compileModelDevelopment({ ...input, records });
    expect(evidenceOf(development, 'performance-test')?.digests).toEqual([]);
    const validation = compileDocument({
      ...input,
      records,
      document: 'doc/independent-validation',
    });
    expect(evidenceOf(validation, 'performance-test')?.digests).toHaveLength(1);
  });

  test('cites every record it printed and no other, under one digest', async () => {
    const input = await creditDocumentInput();
    const model = compileModelDevelopment(input);
    const cited = model.sections.flatMap(({ evidence }) =>
      evidence.flatMap((item) => item.digests),
    );
    expect(new Set(model.sources.map(({ digest }) => digest))).toEqual(new Set(cited));
    expect(model.evidenceSetDigest).toBe(evidenceSetDigest(cited));
    expect(evidenceSetDigest([...cited].reverse())).toBe(model.evidenceSetDigest);
    expect(evidenceSetDigest(cited.slice(1))).not.toBe(model.evidenceSetDigest);
  });

  test('stamps demonstration mode, and only then', async () => {
    const input = await creditDocumentInput();
    expect(compileModelDevelopment(input).stamp).toMatch('DEMONSTRATION');
    const facts = { ...input.facts, demonstration: false };
    expect(compileModelDevelopment({ ...input, facts }).stamp).toBeUndefined();
  });
});

test('a record whose content is not of the expected shape still gives a document', async () => {
  const input = await creditDocumentInput();
  for (const content of [
    {},
    { measurements: 'x', detail: [], checks: 3, steps: {}, sections: 1 },
  ]) {
    const records = input.records.map((record) => withPredicate(record, { content }));
    expect(compileModelDevelopment({ ...input, records }).sections).toHaveLength(13);
  }
});

test('a document that the pack does not outline is refused', async () => {
  const input = await creditDocumentInput();
  expect(() => compileDocument({ ...input, document: 'doc/nothing' })).toThrow(
    'pack `sr-26-2` has no document `doc/nothing`; it has doc/model-development, doc/independent-validation',
  );
});

type Input = Awaited<ReturnType<typeof creditDocumentInput>>;
type Item = Input['records'][number];

function withPredicate(record: Item, change: Partial<Item['statement']['predicate']>): Item {
  const predicate = { ...record.statement.predicate, ...change };
  return { ...record, statement: { ...record.statement, predicate } };
}
