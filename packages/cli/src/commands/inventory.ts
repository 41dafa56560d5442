// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { identityRoutes, registryRoutes, StageSchema } from '@countersign/contract';
import { ENFORCEMENT_GRADES, ORIGINS, TIERS } from '@countersign/kernel';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { draftsOfRows, type RowDrafts } from '../intake/import-drafts.ts';
import {
  type ImportedInto,
  type ReadRows,
  type RowProblem,
  readInventoryRows,
} from '../intake/import-rows.ts';
import {
  DECLARED,
  inventoryCsv,
  inventoryLines,
  inventoryTable,
  LEGACY,
  OVERDUE,
  SORTS,
  sortLines,
  UNTIERED,
} from '../intake/list-inventory.ts';
import { table } from '../output/table.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { recordBatches } from '../signing/record-batches.ts';

const STATUSES = [...StageSchema.options, DECLARED, LEGACY, OVERDUE] as const;

export const inventory: Command = {
  name: 'inventory',
  summary: 'every use of every model, with tier, stage and enforcement grade',
  description:
    'Filters hold together. `--csv` writes a table that is safe to open in a spreadsheet: a cell that looks like a formula gets an apostrophe before it.',
  example: 'countersign inventory --tier high --grade attested --csv --out high.csv',
  options: [
    {
      flags: '--tier TIER',
      summary: `${TIERS.join(', ')} or ${UNTIERED}`,
      choices: [...TIERS, UNTIERED],
    },
    { flags: '--owner ACCOUNT', summary: 'of one owner, of the model or of the use' },
    { flags: '--origin ORIGIN', summary: 'built, imported or external', choices: ORIGINS },
    { flags: '--grade GRADE', summary: 'by enforcement grade', choices: ENFORCEMENT_GRADES },
    {
      flags: '--status STATUS',
      summary: `a stage; ${DECLARED}: in use by its owner's word; ${LEGACY}, ${OVERDUE}: by a legacy warrant`,
      choices: STATUSES,
    },
    { flags: '--sort COLUMN', summary: 'by what; the name unless given', choices: SORTS },
    { flags: '--csv', summary: 'as CSV, with every column' },
    { flags: '--out FILE', summary: 'with --csv: into a file' },
  ],
  run: listInventory,
};

async function listInventory(input: Input, session: Session): Promise<Outcome> {
  const out = input.optionalText('out');
  if (out !== undefined && !input.flag('csv')) throw usage('`--out` goes with `--csv`');
  const { models } = await session.client().call(registryRoutes.inventory);
  const filter = Object.fromEntries(
    ['tier', 'owner', 'origin', 'grade', 'status'].map((name) => [name, input.optionalText(name)]),
  );
  const sort = SORTS.find((one) => one === input.optionalText('sort')) ?? 'model';
  const lines = sortLines(inventoryLines(models, filter), sort);
  const kept = new Map(lines.map(({ model }) => [model.model, model]));
  const result = [...kept.values()].map((model) => ({
    ...model,
    uses: model.uses.filter((use) => lines.some((line) => line.use === use)),
  }));
  if (!input.flag('csv')) return done(result, ...orNone(inventoryTable(lines)));
  const csv = inventoryCsv(lines);
  if (out === undefined) return done(result, ...csv.trimEnd().split('\r\n'));
  writeFileSync(resolve(session.cwd, out), csv);
  return done(result, `${lines.length} lines in ${out}`);
}

export const inventoryImport: Command = {
  name: 'inventory import',
  summary: 'take over an inventory from a CSV table, one model a row',
  description:
    'Every row is checked before anything is signed; problems are reported by line and column, and one stops all unless --partial is given. Each row becomes an inventory entry signed by you, and a risk tier for each use where the row gives one, which takes the role model-risk. What stands already with the same words is left alone.',
  example: 'countersign inventory import models.csv --dry-run --as mia.risk',
  arguments: [
    {
      name: 'file',
      summary: 'CSV with a header; docs/guides/keep-the-inventory.md has the columns',
    },
  ],
  options: [
    { flags: '--dry-run', summary: 'check and say what would be signed' },
    { flags: '--partial', summary: 'sign the good rows although others are bad' },
  ],
  run: importInventory,
};

async function importInventory(input: Input, session: Session): Promise<Outcome> {
  const file = input.argument('file');
  const text = readTextFile(session.cwd, file);
  const client = session.client();
  const [{ models }, people, me] = await Promise.all([
    client.call(registryRoutes.inventory),
    client.call(identityRoutes.people),
    client.call(identityRoutes.me),
  ]);
  const into: ImportedInto = {
    accounts: new Set(people.people.map(({ account }) => account)),
    models: new Set(models.map(({ model }) => model)),
    tiers: new Map(
      models.flatMap(({ model, uses }) =>
        uses.flatMap(({ use, tier, fairLending = false }) =>
          tier === undefined ? [] : [[`${model}/${use}`, { tier, fairLending }] as const],
        ),
      ),
    ),
    maySignTiers: me.roles.includes('model-risk'),
  };
  const read = readInventoryRows(file, text, into);
  const report = read.problems.map((one) => problemLine(file, one));
  if (read.problems.length > 0 && !input.flag('partial') && !input.flag('dry-run')) {
    return refused(resultOf(read, []), ...report, `${count(read)}: nothing was written`);
  }
  session.progress(`${read.rows.length} rows are compared with what stands`);
  const { workspace } = session.profile();
  const drafts = await draftsOfRows(client, read.rows, { workspace, file, inventory: models });
  if (input.flag('dry-run')) return dryRun(read, drafts, report);
  return writeRows(session, { read, drafts, report });
}

function dryRun(read: ReadRows, drafts: readonly RowDrafts[], report: readonly string[]): Outcome {
  const lines = [...report, `${count(read)}: ${describe(drafts)} would be signed`];
  const result = resultOf(read, drafts);
  return read.problems.length === 0 ? done(result, ...lines) : refused(result, ...lines);
}

async function writeRows(
  session: Session,
  at: {
    readonly read: ReadRows;
    readonly drafts: readonly RowDrafts[];
    readonly report: readonly string[];
  },
): Promise<Outcome> {
  const { read, drafts, report } = at;
  for (const { row } of drafts) {
    const tier = row.tier === undefined ? '' : `, tier ${row.tier.tier}`;
    session.io.err(
      `${row.model}: ${row.entry.name}, ${row.entry.origin}, owner ${row.entry.owner}${tier}`,
    );
  }
  const records =
    drafts.length === 0
      ? []
      : await recordBatches(
          session,
          drafts.map((one) => one.drafts),
        );
  const result = { ...resultOf(read, drafts), records };
  return done(result, ...report, `${count(read)}: ${describe(drafts)} signed`);
}

function problemLine(file: string, { line, column, code, problem, next }: RowProblem): string {
  const place = column === undefined ? '' : ` column \`${column}\`:`;
  return `${file}:${line}:${place} ${problem}; ${next} (${code})`;
}

function count({ total, rows, problems }: ReadRows): string {
  const bad = new Set(problems.map(({ line }) => line)).size;
  return `${total} rows, ${rows.length} good, ${bad} bad`;
}

function describe(drafts: readonly RowDrafts[]): string {
  const types = drafts.flatMap((one) => one.drafts.map(({ type }) => type));
  const of = (type: string) => types.filter((one) => one === type).length;
  return `${of('inventory-entry')} entries and ${of('risk-tier')} tiers`;
}

function resultOf(read: ReadRows, drafts: readonly RowDrafts[]) {
  return {
    rows: read.total,
    good: read.rows.length,
    problems: read.problems,
    unchanged: read.rows.length - drafts.length,
    drafts: drafts.map(({ row, drafts: own }) => ({
      line: row.line,
      model: row.model,
      records: own.map(({ type }) => type),
    })),
  };
}

export const inventoryGraph: Command = {
  name: 'inventory graph',
  summary: 'which model feeds which, and what they share',
  example: 'countersign inventory graph --model credit-card-pd',
  options: [{ flags: '--model MODEL', summary: 'only links of one model' }],
  run: async (input, session) => {
    const graph = await session.client().call(registryRoutes.inventoryGraph);
    const model = input.optionalText('model');
    if (model !== undefined && !graph.nodes.some((node) => node.model === model))
      throw new CliError('not_found', `no model \`${model}\` is known`);
    const edges = graph.edges.filter(
      ({ from, to }) => model === undefined || from === model || to === model,
    );
    const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
    const nodes = graph.nodes.filter(
      (node) => model === undefined || node.model === model || ends.has(node.model),
    );
    const unknown = nodes.filter(({ isKnown }) => !isKnown).map((node) => node.model);
    return done(
      { nodes, edges },
      ...orNone(
        table(
          ['model', 'link', 'model', 'note'],
          edges.map(({ from, to, type, notes }) => [from, type, to, notes.join('; ')]),
        ),
      ),
      ...unknown.map((one) => `\`${one}\` is linked to and has no inventory entry`),
    );
  },
};

export const inventoryShared: Command = {
  name: 'inventory shared',
  summary: 'risk in aggregate: assumptions and sources that several models rest on',
  example: 'countersign inventory shared',
  run: async (_input, session) => {
    const { shared } = await session.client().call(registryRoutes.inventoryShared);
    const rows = shared.map(({ of, tag, models, tiers, inUse, owners }) => [
      tag,
      of,
      models.length,
      tiers.high,
      tiers.medium,
      tiers.low,
      tiers.untiered,
      inUse,
      owners.map((one) => `${one.owner} ${one.models}`).join(', '),
    ]);
    return done(
      shared,
      ...orNone(
        table(
          ['tag', 'of', 'models', 'high', 'medium', 'low', 'not tiered', 'in use', 'owners'],
          rows,
        ),
      ),
    );
  },
};

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['none'] : lines;
}
