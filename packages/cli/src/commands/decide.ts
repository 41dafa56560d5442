// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decisionsRoutes } from '@countersign/contract';
import type { ModelSpecContent, RecordSet } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { askableVersion } from '../client/production-version.ts';
import { neededItem, verifiedVersion } from '../client/verified-records.ts';
import { parseModelName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { askGateway, type DecidedRow, type GatewayAccess } from '../decide/ask-gateway.ts';
import { type DecideRow, readDecideRows } from '../decide/read-rows.ts';
import { usage } from '../errors.ts';
import { gatewayToken } from '../host/gateway-secrets.ts';
import { table } from '../output/table.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

export const decide: Command = {
  name: 'decide',
  summary: 'ask the gateway for decisions; each receipt is checked at once',
  description:
    'Rows are JSON, NDJSON or CSV. A row is a whole request ({inputs, protected?, key?, business?, subject?}) or flat: then the columns that the model asks for are its inputs, and --protected, --key, --business and --subject name others. Exit 1 when a row was refused.',
  example:
    'countersign decide consumer-credit --input applications.csv --protected age_years --key row_id --out decisions.ndjson',
  arguments: [{ name: 'model', summary: 'name of the model' }],
  options: [
    { flags: '--input FILE', summary: 'rows, as .json, .ndjson or .csv', isRequired: true },
    { flags: '--out FILE', summary: 'answers with receipts, as NDJSON' },
    {
      flags: '--protected COLUMN',
      summary: 'of flat rows: an attribute for monitoring',
      isRepeated: true,
    },
    { flags: '--key COLUMN', summary: 'of flat rows: makes repeating safe' },
    { flags: '--business COLUMN', summary: 'of flat rows: the firm’s reference' },
    { flags: '--subject COLUMN', summary: 'of flat rows: the person decided about' },
    { flags: '--gateway URL', summary: 'address of the gateway (COUNTERSIGN_GATEWAY)' },
    { flags: '--concurrency N', summary: 'requests at a time; 8 unless given' },
  ],
  run: runDecide,
};

const CONCURRENCY = 8;
const CONCURRENCY_MAX = 64;
const SHOWN_MAX = 20;

async function runDecide(input: Input, session: Session): Promise<Outcome> {
  const model = parseModelName(input.argument('model'));
  const file = input.text('input');
  const text = readTextFile(session.cwd, file);
  const version = await verifiedVersion(session, await askableVersion(session, model));
  // The platform signed this record; its shape is its own writer's.
  const spec = neededItem(version, 'model-spec').statement.predicate
    .content as unknown as ModelSpecContent;
  const rows = readDecideRows(file, text, { inputs: spec.inputs, ...columnsOf(input) });
  const decided = await askAll(accessOf(input, session, version.set), model, {
    rows,
    concurrency: concurrencyOf(input),
    progress: (done) => session.progress(`${done} of ${rows.length} decided`),
  });
  const out = input.optionalText('out');
  if (out !== undefined) {
    const lines = decided.map((one) => `${JSON.stringify(one)}\n`).join('');
    writeFileSync(resolve(session.cwd, out), lines);
  }
  return outcomeOf(model, decided, out);
}

function columnsOf(input: Input) {
  const column = (name: 'key' | 'business' | 'subject') => {
    const value = input.optionalText(name);
    return value === undefined ? {} : { [name]: value };
  };
  return {
    protected: input.list('protected'),
    ...column('key'),
    ...column('business'),
    ...column('subject'),
  };
}

function concurrencyOf(input: Input): number {
  const n = input.count('concurrency') ?? CONCURRENCY;
  if (n < 1 || n > CONCURRENCY_MAX)
    throw usage(`\`--concurrency\` must be 1 to ${CONCURRENCY_MAX}`);
  return n;
}

function accessOf(input: Input, session: Session, set: RecordSet): GatewayAccess {
  const { dataDir, gatewayUrl } = session.profile();
  return {
    url: (input.optionalText('gateway') ?? gatewayUrl).replace(/\/+$/, ''),
    token: gatewayToken(dataDir, session.io.env),
    primitives: nodePrimitives,
    gatewayKeys: gatewayKeysOf(set),
    root: set.root,
    ...(session.io.signal === undefined ? {} : { signal: session.io.signal }),
  };
}

export function gatewayKeysOf(set: RecordSet) {
  return [...set.register.values()]
    .filter(({ holder }) => holder.kind === 'service' && holder.service === 'gateway')
    .map(({ key }) => key);
}

async function askAll(
  access: GatewayAccess,
  model: string,
  work: {
    readonly rows: readonly DecideRow[];
    readonly concurrency: number;
    readonly progress: (done: number) => void;
  },
): Promise<readonly DecidedRow[]> {
  const answers: DecidedRow[] = [];
  const queue = work.rows.entries();
  let finished = 0;
  const worker = async () => {
    for (const [index, row] of queue) {
      answers[index] = await askGateway(access, model, row);
      finished += 1;
      if (finished % 25 === 0) work.progress(finished);
    }
  };
  await Promise.all(Array.from({ length: work.concurrency }, worker));
  return answers;
}

function outcomeOf(
  model: string,
  decided: readonly DecidedRow[],
  out: string | undefined,
): Outcome {
  const refusals = decided.filter(({ ok }) => !ok);
  const counts = new Map<string, number>();
  for (const one of decided) {
    const name = one.ok ? `${one.decision ?? ''}${basisOf(one)}` : `refused (${one.code ?? ''})`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const shown = decided.slice(0, SHOWN_MAX);
  const result = {
    model,
    rows: decided.length,
    counts: Object.fromEntries(counts),
    decisions: decided,
  };
  const lines = [
    ...table(
      ['line', 'decision id', 'answer', 'score', 'receipt', ''],
      shown.map((one) => [
        one.line,
        one.id,
        one.ok ? one.decision : 'refused',
        one.score?.toFixed(6),
        one.receiptState,
        isOfModel(one) ? (one.reasons ?? []).map(({ code }) => code).join(' ') : one.message,
      ]),
    ),
    ...(decided.length > shown.length ? [`and ${decided.length - shown.length} more`] : []),
    `${decided.length} rows: ${[...counts].map(([name, n]) => `${n} ${name}`).join(', ')}; every receipt checks`,
    ...(out === undefined ? [] : [`answers with receipts are in ${out}`]),
  ];
  return refusals.length === 0 ? done(result, ...lines) : refused(result, ...lines);
}

function isOfModel(one: DecidedRow): boolean {
  return one.ok && one.basis !== 'fallback';
}

function basisOf(one: DecidedRow): string {
  return isOfModel(one) ? '' : ` (fallback ${one.fallback ?? ''})`;
}

export const decisions: Command = {
  name: 'decisions',
  summary: 'decisions of a model, newest first',
  example: 'countersign decisions consumer-credit --limit 10',
  arguments: [{ name: 'model', summary: 'name of the model' }],
  options: [
    { flags: '--limit N', summary: '50 unless given, 500 at most' },
    { flags: '--version N', summary: 'of one version' },
    { flags: '--before ID', summary: 'the page after this decision' },
  ],
  run: async (input, session) => {
    const query = {
      model: parseModelName(input.argument('model')),
      limit: input.count('limit'),
      version: input.count('version'),
      before: input.optionalText('before'),
    };
    const { decisions: found } = await session.client().call(decisionsRoutes.list, { query });
    const rows = found.map(({ id, kind, version, stage, at }) => [
      id,
      kind,
      version ?? '',
      stage ?? '',
      at,
    ]);
    const lines = table(['decision', 'kind', 'version', 'stage', 'at'], rows);
    return done(found, ...(lines.length === 0 ? ['none'] : lines));
  },
};
