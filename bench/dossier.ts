// SPDX-License-Identifier: Apache-2.0
// Claim: a document of a hundred pages in under two seconds, from records to PDF/A, HTML and JSON. The document is the
// model development document of a firm's real log (docs/samples, or RECORDS=FILE), its sections repeated until it has a
// hundred pages. Yardstick, in the same run: the bare typesetter over plain paragraphs of as many pages. Medians of five.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import type { Block, DocumentModel } from '../packages/server/src/dossier/document.ts';
import { renderHtml, renderJson, renderPdf } from '../packages/server/src/dossier/index.ts';
import { decodeFirmLog, sampleDocumentsOf } from '../packages/server/src/issuing/index.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
let drawn = 0;
const PAGES = Number(process.env.PAGES ?? 100);
const set = decodeFirmLog(readFileSync(process.env.RECORDS ?? firstSample()));

const sections = () => firstDocument().sections;
const copies = Math.ceil(PAGES / renderPdf(firstDocument()).pages);
const pages = renderPdf(long()).pages;
console.log(`${pages} pages, ${set.records.length} records, ${ROUNDS} rounds`);

const compile: number[] = [];
const pdf: number[] = [];
const others: number[] = [];
const bare: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  // Alternating, so that a machine that slows down slows both.
  bare.push(timed(() => barePages(pages)));
  let model = long();
  compile.push(timed(() => (model = long())));
  pdf.push(timed(() => renderPdf(model)));
  others.push(timed(() => [renderHtml(model), renderJson(model)]));
}
const whole = compile.map((ms, round) => ms + (pdf[round] ?? 0) + (others[round] ?? 0));
print('compiled from records', median(compile));
print('rendered as PDF/A', median(pdf));
print('rendered as HTML and JSON', median(others));
print('all of it', median(whole));
print('  of a hundred pages', (median(whole) / pages) * 100);
print(`bare typesetter, ${pages} pages of plain text`, median(bare));
console.log(`${'ratio'.padEnd(46)}${(median(whole) / median(bare)).toFixed(1).padStart(9)}`);

function firstDocument(): DocumentModel {
  const [first] = sampleDocumentsOf(set);
  if (first === undefined) throw new Error('the log holds no version with a document');
  return first.model;
}

/** One compile of every copy: as much work from records as a document of that length takes. */
function long(): DocumentModel {
  const model = firstDocument();
  const repeated = Array.from({ length: copies }, (_, copy) =>
    (copy === 0 ? model.sections : sections()).map((section) => ({
      ...section,
      number: copy * model.sections.length + section.number,
      blocks: section.blocks.map(undrawn),
    })),
  );
  return { ...model, sections: repeated.flat() };
}

/** Charts that were drawn are remembered by what they show: each of these shows something of its own. */
function undrawn(block: Block): Block {
  if (block.kind !== 'figure') return block;
  drawn += 1;
  return { ...block, chart: Object.assign({}, block.chart, { drawn }) };
}

/** As the typesetter is used without us: text in, PDF out. */
function barePages(count: number): void {
  const compiler = NodeCompiler.create({});
  const page = `${'A plain sentence of a plain document, as long as a line of it. '.repeat(60)}\n\n`;
  const mainFileContent = `#set page(paper: "a4")\n${page.repeat(count)}`;
  const { result } = compiler.compile({ mainFileContent });
  if (result === null) throw new Error('the typesetter refused the yardstick');
  compiler.pdf(result);
  compiler.evictCache(0);
}

function firstSample(): string {
  const directory = join(import.meta.dirname, '../docs/samples');
  const name = readdirSync(directory).find((file) => file.endsWith('.records.json.gz'));
  if (name === undefined) throw new Error('docs/samples holds no records; give RECORDS=FILE');
  return join(directory, name);
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function print(what: string, ms: number): void {
  console.log(`${what.padEnd(46)}${ms.toFixed(0).padStart(9)} ms`);
}
