// SPDX-License-Identifier: Apache-2.0
// The threat model's table and the cases keep each other honest: no cell without a case or a stated residual risk, no case
// that is not cited, no citation of what does not exist.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const CITED = /RT-(\d{3})(?:–(\d{3}))?/g;
/** As the first words of a title. */
const TITLED = /['"`]RT-(\d{3}) /g;

const text = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8');
const rows = tableAfter('## The table').map(cellsOf);
const [head = [], ...body] = rows;

/** Lines of the first table below a heading, without its rule. */
function tableAfter(heading: string): readonly string[] {
  const at = text.indexOf(`\n${heading}\n`);
  const lines = text.slice(at + 1).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  return lines.slice(first, first + length).filter((line) => !/^\|[\s:|-]+\|$/.test(line));
}

function cellsOf(line: string): readonly string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** `RT-011–013` cites three. */
function cited(cell: string): readonly number[] {
  return [...cell.matchAll(CITED)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => Number(from) + n),
  );
}

function titled(): readonly number[] {
  const files = globSync(['redteam/**/*.test.ts', 'packages/*/{src,tests}/**/*.test.ts'], {
    cwd: ROOT,
  });
  return files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(TITLED)].map(([, id]) => Number(id)),
  );
}

describe('the table of attackers and assets', () => {
  test('has a case or a residual risk in every cell', () => {
    expect(body.length).toBeGreaterThanOrEqual(11);
    expect(head.length).toBeGreaterThanOrEqual(6);
    const bare = body.flatMap(([actor, ...cells]) => {
      const lacking = cells.filter((cell) => !/RT-\d{3}|residual/.test(cell));
      return cells.length === head.length - 1 && lacking.length === 0 ? [] : [actor];
    });
    expect(bare).toEqual([]);
  });

  test('states every residual risk that a cell names', () => {
    const named = new Set(
      body.flat().flatMap((cell) => [...cell.matchAll(/\bR\d+\b/g)].map(([id]) => id)),
    );
    const stated = new Set([...text.matchAll(/^- \*\*(R\d+)\*\*/gm)].map(([, id]) => id));
    expect([...named].filter((id) => !stated.has(id))).toEqual([]);
    expect([...stated].filter((id) => !named.has(id!))).toEqual([]);
  });

  test('cites cases that exist, each under one title, and leaves none out', () => {
    const titles = titled();
    expect(titles.filter((id, at) => titles.indexOf(id) !== at)).toEqual([]);
    const inTable = new Set(body.flatMap((cells) => cells.slice(1).flatMap(cited)));
    expect([...inTable].filter((id) => !titles.includes(id))).toEqual([]);
    expect(titles.filter((id) => !inTable.has(id))).toEqual([]);
    expect(titles.length).toBeGreaterThanOrEqual(60);
  });
});
