// SPDX-License-Identifier: Apache-2.0
import {
  completeness,
  documentSignatureDraft,
  type GeneratedDocumentContent,
  issuedDocuments,
  type RecordSet,
  signaturesOf,
  versionContext,
} from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { compileDocument, type DocumentModel, loadPack, recordsInForce } from '../dossier/index.ts';
import { PACK_FILE } from '../dossier/testing/credit-document.ts';
import { type CreditFirm, foundCreditFirm } from '../dossier/testing/credit-firm.ts';
import { addCreditVersion, digestOf, paper, VERSION } from '../dossier/testing/credit-version.ts';
import { changedSections } from './changed-sections.ts';

const REF = { workspace: 'main', model: 'consumer-credit', use: 'underwriting', version: 1 };
const NOW = '2026-03-05T10:00:00.000Z';

function contextOf(set: RecordSet) {
  const found = versionContext(set, REF);
  if (!found.ok) throw new Error(found.reason);
  return found.context;
}

async function developmentDocument(set: RecordSet): Promise<DocumentModel> {
  const pack = await loadPack(PACK_FILE);
  const context = contextOf(set);
  const facts = { tier: 'high', origin: 'built' } as const;
  return compileDocument({
    pack,
    document: 'doc/model-development',
    records: recordsInForce(set, context),
    results: completeness(set, context, pack.pack, { ...facts, reached: 'candidate', now: NOW }),
    context,
    facts: {
      ...facts,
      firm: set.founding.firm,
      enforcementGrade: 'enforced',
      demonstration: true,
      asOf: set.records.at(-1)?.loggedAt ?? '',
      asOfIndex: set.records.at(-1)?.index ?? 0,
    },
  });
}

async function creditFirm(without: readonly string[] = []): Promise<CreditFirm> {
  const firm = await foundCreditFirm();
  await addCreditVersion(firm, { without });
  return firm;
}

async function changesAfter(firm: CreditFirm, act: () => Promise<unknown>, now = NOW) {
  const before = firm.set();
  const model = await developmentDocument(before);
  await act();
  const set = firm.set();
  const issuedIndex = before.records.at(-1)?.index ?? 0;
  return changedSections(model, { set, context: contextOf(set), issuedIndex, now });
}

describe('an issued document', () => {
  test('holds while nothing has happened', async () => {
    expect(await changesAfter(await creditFirm(), async () => undefined)).toEqual([]);
  });

  test('names the section whose paper was signed anew, and the paper in its place', async () => {
    const firm = await creditFirm();
    let later = '';
    const draft = paper('intended-use', { title: 'Use', author: 'omar', markdown: 'Wider.' });
    const old = firm
      .set()
      .records.find(({ statement }) => statement.predicate.type === 'intended-use')?.digest;
    const changed = await changesAfter(firm, async () => {
      later = await firm.add({ ...draft, ...(old !== undefined && { supersedes: old }) }, 'omar');
    });
    expect(changed).toEqual([
      {
        number: 3,
        title: 'Purpose, use, exclusions',
        changes: [{ evidence: 'intended-use', what: 'superseded', record: old, by: later }],
      },
    ]);
  });

  test('names the section of a gap that was filled since', async () => {
    const firm = await creditFirm(['assumptions-limitations']);
    const draft = paper('assumptions-limitations', {
      title: 'A',
      author: 'dana',
      markdown: 'Some.',
    });
    const changed = await changesAfter(firm, () => firm.add(draft, 'dana'));
    expect(changed.map(({ number, changes }) => [number, changes.map(({ what }) => what)])).toEqual(
      [[9, ['added']]],
    );
  });

  test('names the section of evidence that has expired by the clock alone', async () => {
    const firm = await creditFirm(['intended-use']);
    const draft = paper('intended-use', { title: 'Use', author: 'omar', markdown: 'For now.' });
    const expires = '2026-03-04T00:00:00.000Z';
    await firm.add({ ...draft, content: { ...draft.content, expires } }, 'omar');
    const at = (now: string) => changesAfter(firm, async () => undefined, now);
    expect(await at('2026-03-03T00:00:00.000Z')).toEqual([]);
    const [section] = await at(NOW);
    expect(section?.changes.map(({ what }) => what)).toEqual(['expired']);
  });
});

describe('a signature over an issued document', () => {
  const files = ['pdf', 'html', 'json'] as const;

  async function issuedFirm() {
    const firm = await creditFirm();
    const content: GeneratedDocumentContent = {
      document: 'doc/model-development',
      title: 'Model development document',
      template: 'sr-26-2@1.0.0',
      evidenceSet: digestOf('evidence'),
      rendered: files.map((format) => ({ format, digest: digestOf(format), size: 1 })),
      gaps: 0,
    };
    await firm.add(
      {
        type: 'generated-document',
        kind: content.document,
        scope: 'version',
        subjectRef: VERSION,
        content: JSON.parse(JSON.stringify(content)),
      },
      'platform',
    );
    const [issued] = issuedDocuments(firm.set());
    if (issued === undefined) throw new Error('nothing was issued');
    return { firm, issued };
  }

  const words = { meaning: 'reviewed', printedName: 'Mia Risk', statement: 'I have read it.' };

  test('is a person’s, counts, and is told apart from what was issued', async () => {
    const { firm, issued } = await issuedFirm();
    const { type, kind, scope, subjectRef, content } = documentSignatureDraft(issued, words);
    const draft = { type, scope, subjectRef, content: JSON.parse(JSON.stringify(content)) };
    await firm.add({ ...draft, ...(kind !== undefined && { kind }) }, 'mia');
    const set = firm.set();
    expect(set.rejected).toEqual([]);
    expect(issuedDocuments(set)).toHaveLength(1);
    expect(signaturesOf(set, issued).map((one) => one.content.printedName)).toEqual(['Mia Risk']);
  });

  test('over other files than were issued signs nothing', async () => {
    const { firm, issued } = await issuedFirm();
    const { type, kind, scope, subjectRef, content } = documentSignatureDraft(issued, words);
    const forged = { ...content, files: [digestOf('another pdf')] };
    const draft = { type, scope, subjectRef, content: JSON.parse(JSON.stringify(forged)) };
    await firm.add({ ...draft, ...(kind !== undefined && { kind }) }, 'mia');
    expect(signaturesOf(firm.set(), issued)).toEqual([]);
  });

  test('cannot stand in for the platform’s record of issue', async () => {
    const { firm, issued } = await issuedFirm();
    const { predicate } = issued.record.statement;
    await firm.add(
      {
        type: 'generated-document',
        kind: 'doc/model-development',
        scope: 'version',
        subjectRef: VERSION,
        content: predicate.content,
        claimedAt: NOW,
      },
      'mia',
    );
    expect(issuedDocuments(firm.set())).toHaveLength(1);
    expect(firm.set().rejected.at(-1)?.reason).toContain('platform key');
  });
});
