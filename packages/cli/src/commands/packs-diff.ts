// SPDX-License-Identifier: Apache-2.0
import { type PackEffectReply, packRoutes } from '@countersign/contract';
import { type FrameworkPack, type Json, type PackChange, packChanges } from '@countersign/kernel';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { checkPackText } from '../papers/check-pack.ts';
import { parseYamlText, readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

export const packsDiff: Command = {
  name: 'packs diff',
  summary: 'what a text of a pack changes, clause by clause, and what each model would newly lack',
  description:
    'A file is compared with the text that the firm adopted (dry: nothing is signed), the id of an adopted pack with the text it replaced. Every version is judged that has the pack in scope and runs, is staged or is the newest of its use.',
  example: 'countersign packs diff frameworks/house-rules.yaml --as mia.risk',
  arguments: [{ name: 'pack', summary: 'a pack file, or the id of an adopted pack' }],
  options: [
    { flags: '--against FILE', summary: 'compare two files alone; needs no server' },
    {
      flags: '--model MODEL',
      summary: 'of a file: judge this model as if the pack were in its scope',
      isRepeated: true,
    },
    { flags: '--all', summary: 'list what is asked for a later stage too' },
  ],
  run: diffPack,
};

async function diffPack(input: Input, session: Session): Promise<Outcome> {
  const named = input.argument('pack');
  const against = input.optionalText('against');
  if (against !== undefined) {
    const [before, after] = [packIn(session, against), packIn(session, named)];
    const changes = packChanges(before.pack, after.pack);
    const title = `${after.pack.id} ${after.pack.version} beside ${before.pack.version}`;
    return done({ changes }, `${title}: ${countText(changes)}`, ...changes.flatMap(changeLines));
  }
  const client = session.client();
  const effect = /\.ya?ml$/.test(named)
    ? await client.call(packRoutes.effect, {
        body: { pack: packIn(session, named).json, models: input.list('model') },
      })
    : await client.call(packRoutes.adoptedEffect, { params: { pack: named } });
  return done(effect, ...effectLines(effect, input.flag('all')));
}

/** Faults are reported as `packs check` does, before a server is asked. */
function packIn(
  session: Session,
  file: string,
): { readonly pack: FrameworkPack; readonly json: Json } {
  const text = readTextFile(session.cwd, file);
  const { pack, problems } = checkPackText(text);
  const [first] = problems;
  if (pack === undefined) {
    const fault = first ?? { line: 1, column: 1, problem: 'it is no pack' };
    throw usage(
      `${file}:${fault.line}:${fault.column}: ${fault.problem}`,
      `see all of it with \`countersign packs check ${file}\``,
    );
  }
  return { pack, json: parseYamlText(file, text).value as Json }; // the core schema of YAML yields JSON values only
}

function effectLines(effect: PackEffectReply, isAll: boolean): readonly string[] {
  const { pack, before, changes, versions, lacking, blocked, items } = effect;
  const beside =
    before === undefined ? 'which the firm has not adopted' : `beside ${before.version}`;
  return [
    `${pack.id} ${pack.version}, ${beside}: ${countText(changes)}`,
    ...(before === undefined ? [] : changes.flatMap(changeLines)),
    '',
    `versions with it in scope: ${versions}; newly lacking something: ${lacking}, of them something that blocks: ${blocked}`,
    ...items.flatMap((item) => [
      `${item.model}@${item.version} for ${item.use}, ${item.stage}, ${item.tier} tier`,
      ...item.newlyLacks.map((one) => `  newly lacks ${itemText(one)}`),
      ...item.noLongerLacks.map((one) => `  no longer lacks ${itemText(one)}`),
      ...laterLines(item.askedLater, isAll),
    ]),
  ];
}

type Items = PackEffectReply['items'][number]['newlyLacks'];

function itemText({ evidence, kind, clause, due, status, blocks }: Items[number]): string {
  const name = kind === undefined ? evidence : `${evidence} (${kind})`;
  return `${name} for ${clause}, due ${due}: ${status}${blocks ? ', blocks' : ''}`;
}

function laterLines(items: Items, isAll: boolean): readonly string[] {
  if (items.length === 0) return [];
  if (isAll) return items.map((one) => `  asked later: ${itemText(one)}`);
  return [
    `  newly asked for a later stage, or from a later day: ${items.length} (--all lists them)`,
  ];
}

function countText(changes: readonly PackChange[]): string {
  const count = (change: PackChange['change'], isDocument: boolean) =>
    changes.filter((one) => one.change === change && one.of.startsWith('doc/') === isDocument)
      .length;
  const words = (isDocument: boolean) =>
    `${count('added', isDocument)} added, ${count('changed', isDocument)} changed, ${count('removed', isDocument)} removed`;
  return `clauses ${words(false)}; documents ${words(true)}`;
}

function changeLines({ of, change, lines }: PackChange): readonly string[] {
  return [`${change} ${of}`, ...lines.map((line) => `  ${line}`)];
}
