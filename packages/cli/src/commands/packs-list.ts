// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type PacksReply, packRoutes } from '@countersign/contract';
import { type FrameworkPack, inForceOn } from '@countersign/kernel';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { table } from '../output/table.ts';
import { checkPackText } from '../papers/check-pack.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

export const packsList: Command = {
  name: 'packs list',
  summary:
    'framework packs: shipped and adopted, in force or not, and whose models they are in scope of',
  description:
    'Shows the packs of a folder (those shipped with Countersign unless --dir names another) beside those the firm adopted. A pack is adopted by two signatures on its file: `countersign sign FILE`, then `--add`.',
  example: 'countersign packs list --as mia.risk',
  options: [
    { flags: '--dir DIR', summary: 'folder of pack files; the one shipped unless given' },
    { flags: '--files', summary: 'the files alone; needs no server' },
    { flags: '--in-force', summary: 'only packs in force today' },
  ],
  run: listPacks,
};

const SHIPPED = resolve(import.meta.dirname, '../../../../frameworks');

interface ListedPack {
  readonly id: string;
  readonly title: string;
  /** Of the file; absent where the firm adopted a pack that is not in the folder. */
  readonly version?: string;
  readonly file?: string;
  readonly adopted?: string;
  readonly effectiveFrom: string;
  readonly effectiveTo: string | null;
  readonly inForce: boolean;
  readonly clauses: number;
  readonly scope: readonly { readonly model: string; readonly use: string }[];
}

async function listPacks(input: Input, session: Session): Promise<Outcome> {
  const given = input.optionalText('dir');
  const folder = given === undefined ? SHIPPED : resolve(session.cwd, given);
  const { found, problems } = packsIn(folder, session.now().slice(0, 'YYYY-MM-DD'.length));
  const told = input.flag('files')
    ? { packs: [], notAdopted: [] }
    : await session.client().call(packRoutes.list, {});
  const all = merged(found, told).filter(({ inForce }) => inForce || !input.flag('in-force'));
  const rows = all.map((one) => [
    one.id,
    one.version ?? '-',
    one.adopted ?? '-',
    inForceText(one),
    one.clauses,
    scopeText(one.scope),
    one.title,
  ]);
  return done(
    { packs: all, problems },
    ...table(['pack', 'file', 'adopted', 'in force', 'clauses', 'in scope of', 'title'], rows),
    ...problems,
    ...notAdoptedLines(told.notAdopted),
  );
}

function packsIn(folder: string, day: string) {
  const names = entriesOf(folder).filter((name) => /\.ya?ml$/.test(name));
  const read = names.sort().map((name) => {
    const file = join(folder, name);
    return { file, ...checkPackText(readTextFile(folder, file)) };
  });
  return {
    found: read.flatMap(({ file, pack }) =>
      pack === undefined ? [] : [{ ...listed(pack, day), file }],
    ),
    problems: read.flatMap(({ file, pack }) =>
      pack === undefined ? [`${file} is no pack: countersign packs check ${file}`] : [],
    ),
  };
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    throw usage(`\`${folder}\` is no folder that can be read`, 'name one with --dir');
  }
}

function listed(pack: FrameworkPack, day: string): ListedPack {
  const { id, title, version, effectiveFrom, effectiveTo, clauses } = pack;
  const inForce = inForceOn(pack, day);
  return {
    id,
    title,
    version,
    effectiveFrom,
    effectiveTo,
    inForce,
    clauses: clauses.length,
    scope: [],
  };
}

function merged(
  files: readonly ListedPack[],
  { packs, notAdopted }: PacksReply,
): readonly ListedPack[] {
  const byId = new Map(files.map((one) => [one.id, one]));
  for (const { id, scope } of notAdopted) {
    const file = byId.get(id);
    if (file !== undefined) byId.set(id, { ...file, scope });
  }
  for (const one of packs) {
    const { id, title, effectiveFrom, effectiveTo, inForce, clauses, scope, version } = one;
    const own = { id, title, effectiveFrom, effectiveTo, inForce, clauses };
    byId.set(id, { ...own, ...byId.get(id), adopted: version, scope });
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function notAdoptedLines(packs: PacksReply['notAdopted']): readonly string[] {
  return packs.map(
    ({ id, scope }) =>
      `${id} is in scope of ${scopeText(scope)} and not adopted: nothing of it is asked until two persons sign its file`,
  );
}

function inForceText({ inForce, effectiveFrom, effectiveTo }: ListedPack): string {
  if (inForce) return `since ${effectiveFrom}`;
  return effectiveTo === null ? `from ${effectiveFrom}` : `ended ${effectiveTo}`;
}

const SCOPE_SHOWN = 3;

function scopeText(scope: ListedPack['scope']): string {
  const models = [...new Set(scope.map(({ model }) => model))];
  const more = models.length > SCOPE_SHOWN ? ` and ${models.length - SCOPE_SHOWN} more` : '';
  return models.length === 0 ? '-' : `${models.slice(0, SCOPE_SHOWN).join(', ')}${more}`;
}
