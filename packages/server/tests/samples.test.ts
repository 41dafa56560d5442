// SPDX-License-Identifier: Apache-2.0
// The documents of real demonstration firms, compiled from the records that lie in docs/samples.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lintDocument, renderJson } from '../src/dossier/index.ts';
import {
  compileRequest,
  decodeFirmLog,
  documentRequest,
  encodeFirmLog,
  sampleDocumentsOf,
} from '../src/issuing/index.ts';

const SAMPLES = resolve(import.meta.dirname, '../../../docs/samples');
const SUFFIX = '.records.json.gz';
const firms = readdirSync(SAMPLES)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => ({
    name: file.slice(0, -SUFFIX.length),
    set: decodeFirmLog(readFileSync(join(SAMPLES, file))),
  }));

test('there is a credit firm and a diagnostic one', () => {
  expect(firms.map(({ name }) => name)).toEqual(['consumer-credit', 'diagnosis']);
});

describe.each(firms)('the log of $name', ({ name, set }) => {
  const documents = sampleDocumentsOf(set);

  test('counts every record and comes back from its file', () => {
    expect(set.rejected).toEqual([]);
    const again = decodeFirmLog(encodeFirmLog(set.records[0]?.digest ?? '', set.records));
    expect(again.records.map(({ digest }) => digest)).toEqual(
      set.records.map(({ digest }) => digest),
    );
  });

  test('gives documents in which a program finds nothing of the checklist wrong', () => {
    expect(documents.length).toBeGreaterThan(1);
    for (const { model } of documents) {
      expect(lintDocument(model).map((fault) => ({ document: model.id, ...fault }))).toEqual([]);
    }
  });

  const directory = join(SAMPLES, name);
  test.skipIf(!existsSync(directory))(
    'gives the same JSON as is committed beside it, of which the PDF is another edition',
    () => {
      const committed = readdirSync(directory).filter((file) => file.endsWith('.json'));
      expect(committed.length).toBeGreaterThan(1);
      const made = new Map(
        documents.map(({ model, subjectRef }) => [
          `${model.id.replace(/^doc\//, '')}-${subjectRef.version ?? 0}.json`,
          renderJson(model),
        ]),
      );
      for (const file of committed)
        expect(made.get(file) === readFileSync(join(directory, file), 'utf8'), file).toBe(true);
    },
  );

  test('tells as of an earlier position what a document issued then told', () => {
    const [first] = documents;
    const { workspace = 'main', model, use, version } = first?.subjectRef ?? {};
    const params = { document: first?.model.id ?? '', model, use, version };
    // As the log stood halfway between the version's artefact and now.
    const artefact = set.records.find(
      ({ statement }) => statement.predicate.type === 'model-artifact',
    );
    const at = Math.floor(((artefact?.index ?? 0) + (set.records.at(-1)?.index ?? 0)) / 2);
    const known = set.records.findLast(({ index }) => index <= at);
    const then = decodeFirmLog(
      encodeFirmLog(
        set.records[0]?.digest ?? '',
        set.records.filter(({ index }) => index <= at),
      ),
    );
    const issued = compileRequest(documentRequest(then, { workspace, params }));
    const byPosition = documentRequest(set, { workspace, params, asOf: String(at) });
    const byTime = documentRequest(set, { workspace, params, asOf: known?.loggedAt });
    const now = compileRequest(documentRequest(set, { workspace, params }));
    expect(renderJson(compileRequest(byPosition).model)).toBe(renderJson(issued.model));
    expect(byTime.facts.asOf).toBe(issued.model.asOf);
    expect(renderJson(now.model)).not.toBe(renderJson(issued.model));
  });
});
