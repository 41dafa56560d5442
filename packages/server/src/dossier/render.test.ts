// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileModelDevelopment } from './compile-model-development.ts';
import type { DocumentModel } from './document.ts';
import { renderHtml } from './render-html.ts';
import { renderJson } from './render-json.ts';
import { type RenderedPdf, renderPdf } from './render-pdf.ts';
import { creditDocumentInput } from './testing/credit-document.ts';

const run = promisify(execFile);
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');
const hasPdftotext = (() => {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // poppler is a convenience of this suite, not a need of the product
  }
})();

let model: DocumentModel;
let pdf: RenderedPdf;
beforeAll(async () => {
  model = compileModelDevelopment(await creditDocumentInput());
  pdf = renderPdf(model);
});

/** Words of a PDF without any white space, so that line breaks do not matter. */
async function printedText(bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-'));
  try {
    await writeFile(join(folder, 'a.pdf'), bytes);
    const { stdout } = await run('pdftotext', ['-raw', join(folder, 'a.pdf'), '-'], {
      maxBuffer: 50_000_000,
    });
    return stdout.replace(/\s/g, '');
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the PDF', () => {
  test('is PDF/A-2a and says so in its metadata', () => {
    expect(pdf.standard).toBe('a-2a');
    expect(pdf.warnings).toEqual([]);
    const text = Buffer.from(pdf.bytes).toString('latin1');
    expect(text).toMatch(/<pdfaid:part>2<\/pdfaid:part>/);
    expect(text).toMatch(/<pdfaid:conformance>A<\/pdfaid:conformance>/);
    expect(text).toContain('/MarkInfo');
    expect(text).toContain('/Lang');
  });

  test('is dated by the document, not by a clock', () => {
    const text = Buffer.from(pdf.bytes).toString('latin1');
    expect(text).toContain('2026-03-02T10:00:00');
    expect(text).not.toContain(new Date().toISOString().slice(0, 10));
  });

  test('is the same bytes twice in a process', () => {
    expect(sha256(renderPdf(model).bytes)).toBe(sha256(pdf.bytes));
  });

  test('is the same bytes in another process, place and language', async () => {
    const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
    const script = `
      import { createHash } from 'node:crypto';
      import { compileModelDevelopment } from ${here('./compile-model-development.ts')};
      import { renderHtml } from ${here('./render-html.ts')};
      import { renderPdf } from ${here('./render-pdf.ts')};
      import { creditDocumentInput } from ${here('./testing/credit-document.ts')};
      const model = compileModelDevelopment(await creditDocumentInput());
      const sha256 = (data) => createHash('sha256').update(data).digest('hex');
      console.log(sha256(renderPdf(model).bytes), sha256(renderHtml(model)));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: process.env.PATH, TZ: 'Pacific/Auckland', LC_ALL: 'tr_TR.UTF-8', HOME: '/' },
      cwd: import.meta.dirname,
    });
    expect(stdout.trim()).toBe(`${sha256(pdf.bytes)} ${sha256(renderHtml(model))}`);
  });

  test.skipIf(!hasPdftotext)(
    'prints what the records hold, where it came from and what lacks',
    async () => {
      const text = await printedText(pdf.bytes);
      for (const words of [
        'Model development document',
        'DEMONSTRATION MODE: not for production use',
        'First Test Bank',
        '8Test plan and developer results',
        'AUC 0.781 0.741 to 0.821 600 ≥ 0.70 pass',
        'Applications of individuals for instalment loans.',
        'Gap: Benchmark test',
        'sr-26-2/IV.development.testing',
        'Figure 1',
        model.evidenceSetDigest,
        ...model.sources.map(({ digest }) => digest),
      ]) {
        expect(text).toContain(words.replace(/\s/g, ''));
      }
    },
  );
});

// Read as markup by one of the languages on the way, or an attack on the reader of another.
const HOSTILE =
  '#panic("p") #set page(fill: red) $x^2$ @r <l> \\u{41} {{x}} <script>alert(1)</script> &amp; "q" שלום😀';

function stringsOf(value: unknown, key = ''): readonly string[] {
  if (key === 'chart') return [];
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => stringsOf(item, name));
}

const occurrences = (text: string, part: string) => text.split(part).length - 1;

describe('a hostile string in every field of text', () => {
  let hostile: DocumentModel;
  beforeAll(async () => {
    hostile = compileModelDevelopment(await creditDocumentInput({ text: HOSTILE }));
  });

  test('reaches the model unchanged', () => {
    const texts = stringsOf(hostile);
    expect(texts.filter((text) => text.includes(HOSTILE)).length).toBeGreaterThan(20);
  });

  test.skipIf(!hasPdftotext)('is printed literally in the PDF', async () => {
    const rendered = renderPdf(hostile);
    expect(rendered.standard).toBe('a-2a');
    const text = await printedText(rendered.bytes);
    // Text of other directions is extracted in reading order, which is the extractor's own affair.
    const marker = '#panic("p")#setpage(fill:red)$x^2$@r<l>\\u{41}{{x}}<script>alert(1)</script>';
    const expected = stringsOf(hostile).filter((item) => item.includes('#panic')).length;
    expect(occurrences(text, marker)).toBeGreaterThanOrEqual(expected);
    expect(text).toContain('😀');
  });

  test('is printed literally in the HTML', () => {
    const html = renderHtml(hostile);
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(/<[^>]+ on\w+=/);
    expect(occurrences(html, '&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;')).toBeGreaterThan(
      20,
    );
  });

  test('with characters that no typeface has is printed with U+FFFD and a warning', async () => {
    const odd = compileModelDevelopment(
      await creditDocumentInput({ text: 'a\u202eb\u0000c日d\ue000' }),
    );
    const rendered = renderPdf(odd);
    expect(rendered.standard).toBe('a-2a');
    expect(rendered.warnings.join('\n')).toMatch(
      /U\+FFFD in text: U\+0000 .*U\+202E .*U\+65E5 .*U\+E000/,
    );
  });
});

describe('the HTML and JSON editions', () => {
  test('name the same evidence set as the PDF', () => {
    expect(renderHtml(model)).toContain(
      `<meta name="countersign-evidence-set" content="${model.evidenceSetDigest}">`,
    );
    expect(JSON.parse(renderJson(model))).toMatchObject({
      id: 'doc/model-development',
      evidenceSetDigest: model.evidenceSetDigest,
    });
  });

  test('fetch nothing: the page holds its pictures and forbids the rest', () => {
    const html = renderHtml(model);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/(src|href)="(?!#)/);
  });

  test('give each picture its own names, and each citation a place to lead to', () => {
    const html = renderHtml(model);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { digest } of model.sources) expect(ids).toContain(`record-${digest}`);
  });
});

test('a document of a hundred pages is rendered', { timeout: 120_000 }, () => {
  const sections = Array.from({ length: 12 }, (_, copy) =>
    model.sections.map((section) => ({ ...section, number: copy * 13 + section.number })),
  ).flat();
  const long = renderPdf({ ...model, sections });
  expect(long.pages).toBeGreaterThan(100);
});
