// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { recordsOfType } from '@countersign/kernel';
import { beforeAll, describe, expect, test } from 'vitest';
import { compilePccp, type PccpInput } from './compile-pccp.ts';
import type { Block, DocumentModel } from './document.ts';
import { renderHtml } from './render-html.ts';
import { renderJson } from './render-json.ts';
import { renderPdf } from './render-pdf.ts';
import { creditPlanInput } from './testing/credit-plan.ts';

const run = promisify(execFile);
const hasPdftotext = (() => {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // poppler is a convenience of this suite, not a need of the product
  }
})();

/** Words of a PDF without any white space, so that line breaks do not matter. */
async function printedText(bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pccp-'));
  try {
    await writeFile(join(folder, 'a.pdf'), bytes);
    const { stdout } = await run('pdftotext', ['-raw', join(folder, 'a.pdf'), '-']);
    return stdout.replace(/\s/g, '');
  } finally {
    await rm(folder, { recursive: true });
  }
}

let input: PccpInput;
let model: DocumentModel;
let envelope: string;
beforeAll(async () => {
  input = await creditPlanInput();
  ({ model, envelope } = compilePccp(input));
});

const gapsOf = (document: DocumentModel) =>
  document.sections.flatMap(({ number, blocks }) =>
    blocks.flatMap((block) => (block.kind === 'gap' ? [{ number, block }] : [])),
  );

const cellsOf = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => (block.kind === 'table' ? block.rows.flat() : []));

describe('a change control plan', () => {
  test('follows the guidance: description, protocol in four parts, traceability, impact', () => {
    expect(model.sections.map(({ number, title }) => `${number} ${title}`)).toEqual([
      '1 Device, version and intended use',
      '2 Description of modifications',
      '3 Modification protocol',
      '4 Traceability',
      '5 Impact assessment',
      '6 Labelling and transparency',
      '7 Authorisation status and version',
    ]);
    const headings = model.sections[2]?.blocks.flatMap((block) =>
      block.kind === 'heading' && /^3\.\d/.test(block.text) ? [block.text] : [],
    );
    expect(headings).toEqual([
      '3.1 Data management',
      '3.2 Re-training',
      '3.3 Performance evaluation and acceptance',
      '3.4 Update, communication, rollback, monitoring',
    ]);
  });

  test('prints every bound of the envelope exactly, with the digest of its record', () => {
    for (const text of ['0.5', '2', '≥ 0.7125', '0.0225', '0.03']) {
      const own = cellsOf(model.sections.flatMap(({ blocks }) => blocks)).filter(
        (cell) => cell.text === text && cell.cite === envelope,
      );
      expect([text, own.length]).toEqual([text, 1]);
    }
    expect(model.sources.map(({ digest }) => digest)).toContain(envelope);
  });

  test('prints what was measured of each shipped version, with the digest of the measurement', () => {
    const [comparison] = recordsOfType(input.set, 'benchmark-test').filter(
      ({ statement }) => statement.predicate.kind === 'production',
    );
    const cells = cellsOf(model.sections[3]?.blocks ?? []);
    expect(cells).toContainEqual({
      text: '0.00412',
      exact: '0.00412345678901',
      cite: comparison?.digest,
    });
    expect(cells).toContainEqual({ text: 'not measured' });
  });

  test('prints what nobody wrote as a gap that says how to close it', () => {
    const gaps = gapsOf(model).map(
      ({ number, block }) => `${number} ${block.evidenceKind ?? block.evidence}`,
    );
    expect(gaps).toEqual([
      // The second version of the fixture was registered without these.
      ...['3 model-spec', '3 test-plan', '3 monitoring-plan'],
      '5 impact assessment: otherFunctions',
      ...['5 risk-file', '6 instructions-for-use', '7 authorisation', '7 regulatory-record'],
    ]);
    expect(gapsOf(model)[3]?.block).toMatchObject({
      clauses: ['fda-samd/pccp.3.impact-assessment'],
      why: expect.stringContaining('`plan.assessment.otherFunctions`'),
    });
  });

  test('of bounds alone is mostly gaps, and says so first', async () => {
    const { model: bare } = compilePccp(await creditPlanInput({ withoutPlan: true }));
    const parts = gapsOf(bare).map(({ block }) => block.evidenceKind ?? block.evidence);
    expect(parts).toEqual(
      expect.arrayContaining(['modifications', 'protocol: data', 'protocol: update', 'labelling']),
    );
    expect(JSON.stringify(bare.summary)).toContain(`${parts.length} parts are gaps`);
  });

  test('is of the newest envelope, or of the one that is named', () => {
    expect(compilePccp({ ...input, envelope }).model.evidenceSetDigest).toBe(
      model.evidenceSetDigest,
    );
    const other = { ...input, envelope: 'f'.repeat(64) };
    expect(() => compilePccp(other)).toThrow(/no envelope ffffffffffff/);
  });

  test('is the same model, HTML, JSON and PDF twice', () => {
    const again = compilePccp(input).model;
    expect(renderHtml(again)).toBe(renderHtml(model));
    expect(renderJson(again)).toBe(renderJson(model));
    expect(Buffer.from(renderPdf(again).bytes).equals(renderPdf(model).bytes)).toBe(true);
  });

  test.skipIf(!hasPdftotext)('can be read back from its PDF/A', async () => {
    const pdf = renderPdf(model);
    expect([pdf.standard, pdf.warnings]).toEqual(['a-2a', []]);
    const text = await printedText(pdf.bytes);
    for (const words of [
      'Predetermined change control plan',
      'DEMONSTRATION MODE: not for production use',
      '2 Description of modifications',
      'Refit on newer rows',
      '3.2 Re-training',
      'Rows come of one system.',
      'train.params.C',
      '≥ 0.7125',
      '0.00412',
      'Gap: Change plan of kind authorisation',
      envelope,
      model.evidenceSetDigest,
    ]) {
      expect(text).toContain(words.replace(/\s/g, ''));
    }
  });

  test('prints hostile words as the characters that they are', async () => {
    const text = '#panic("p") <script>alert(1)</script> $x^2$';
    const { model: hostile } = compilePccp(await creditPlanInput({ text }));
    expect(renderHtml(hostile)).not.toContain('<script>alert');
    expect(renderPdf(hostile).standard).toBe('a-2a');
  });
});
