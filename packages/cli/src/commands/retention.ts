// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type ExplainReply,
  type RetentionPlanReply,
  recordRoutes,
  retentionRoutes,
  type SavedPlanReply,
  type SweepReply,
  ThingKindSchema,
} from '@countersign/contract';
import {
  parseStrictJson,
  type RetentionPlan,
  readRetentionPlan,
  SWEEP_KIND,
} from '@countersign/kernel';
import { listRecords } from '../client/digests.ts';
import { toldRecord } from '../client/told-record.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { csvTable } from '../output/csv.ts';
import { short, table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { addSignatureTo, findPending } from '../signing/pending.ts';
import { describeRecorded, type Recorded, signOne } from '../signing/sign-and-record.ts';
import { fetchBlob } from '../trace/replay.ts';

export const retentionPlan: Command = {
  name: 'retention plan',
  summary: 'dry run: what would be deleted, what stays, until when and why; deletes nothing',
  description:
    'Everything that is stored is judged by the signed retention policy: the longest rule wins, a legal hold wins over all, what no rule covers is kept. `--save` keeps the plan under its digest, which `retention sweep` names.',
  example: 'countersign retention plan --model consumer-credit --at 2031-12-31',
  options: [
    { flags: '--model MODEL', summary: 'of one model' },
    { flags: '--kind KIND', summary: 'of one kind', choices: ThingKindSchema.options },
    {
      flags: '--at DATE',
      summary: 'as it would be on a day, which may be to come; now unless given',
    },
    { flags: '--csv', summary: 'every thing a line, as CSV' },
    { flags: '--out FILE', summary: 'with --csv: into a file' },
    { flags: '--save', summary: 'keep the plan, so that a sweep can name it' },
  ],
  run: showPlan,
};

export const retentionExplain: Command = {
  name: 'retention explain',
  summary: 'why bytes or the parts of a decision are kept or may go, or by what they were deleted',
  example:
    'countersign retention explain 6f1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef',
  arguments: [{ name: 'what', summary: 'the whole digest of bytes or a record, or a decision' }],
  options: [{ flags: '--at DATE', summary: 'as it would be on a day; now unless given' }],
  run: explain,
};

export const retentionSweep: Command = {
  name: 'retention sweep',
  summary: 'sign and carry out a saved plan; an administrator and legal or compliance, two persons',
  description:
    'The first call signs, the second person’s call signs too and carries out. Each thing is judged again at the moment of its deletion: what was held, named or used since is spared. A call that is interrupted is taken up by the next.',
  example: 'countersign retention sweep --plan 6f1b2c3d4e5f --reason "yearly" --as lena.legal',
  options: [
    {
      flags: '--plan DIGEST',
      summary: 'the whole digest that `retention plan --save` printed',
      isRequired: true,
    },
    { flags: '--reason TEXT', summary: 'why now; of the first signature' },
  ],
  run: sweep,
};

const CSV_ROWS_MAX = 20_000;

async function showPlan(input: Input, session: Session): Promise<Outcome> {
  const at = atOf(input);
  const kind = kindOf(input);
  const model = input.optionalText('model');
  const isCsv = input.flag('csv');
  const out = input.optionalText('out');
  if (out !== undefined && !isCsv) throw usage('`--out` goes with `--csv`');
  const filter = { at, kind, model };
  if (input.flag('save')) {
    const saved = await session.client().call(retentionRoutes.save, { body: filter });
    return done(saved, ...planLines(saved), ...savedLines(saved));
  }
  const rows = isCsv ? CSV_ROWS_MAX : undefined;
  const plan = await session.client().call(retentionRoutes.plan, { query: { ...filter, rows } });
  if (!isCsv) return done(plan, ...planLines(plan));
  const text = planCsv(plan);
  if (out === undefined) return done(plan, ...text.trimEnd().split('\r\n'));
  writeFileSync(resolve(session.cwd, out), text);
  const more =
    plan.rowsLeft > 0 ? `; ${plan.rowsLeft} more were left out: narrow it by model or kind` : '';
  return done(plan, `${plan.rows.length} things written to ${out}${more}`);
}

/** A day means its end in UTC; it may be to come. */
function atOf(input: Input): string | undefined {
  const text = input.optionalText('at');
  if (text === undefined) return undefined;
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59.999Z` : text;
  const read = new Date(Date.parse(time));
  if (!Number.isNaN(read.getTime()) && read.toISOString() === time) return time;
  throw usage(
    `\`--at\` must be a day like \`2031-12-31\` or UTC with milliseconds, not \`${text}\``,
  );
}

function kindOf(input: Input) {
  const text = input.optionalText('kind');
  return ThingKindSchema.options.find((one) => one === text);
}

const STATES: Readonly<Record<string, string>> = {
  goes: 'would go',
  kept: 'kept',
  held: 'held',
  'in-use': 'in use',
  uncovered: 'kept, no rule',
  never: 'never',
};

function planLines(plan: RetentionPlanReply): readonly string[] {
  const rows = plan.totals.map((one) => [
    one.kind,
    STATES[one.state],
    one.rule === 'none' ? '' : one.rule,
    one.count,
    one.bytes,
    one.from?.slice(0, 10) ?? '',
    one.until?.slice(0, 10) ?? '',
    one.why,
  ]);
  const policy = plan.policy === undefined ? 'no policy signed' : `policy ${short(plan.policy)}`;
  return [
    `on ${plan.at} under ${policy}, with ${plan.holds} holds: ${plan.goes.count} would go (${plan.goes.bytes} bytes)`,
    ...plan.notices.map(({ until }) => `what an earlier policy kept longer is kept until ${until}`),
    ...table(['kind', 'fate', 'rule', 'count', 'bytes', 'first', 'last', 'for example'], rows),
  ];
}

function savedLines({ digest, things, left }: SavedPlanReply): readonly string[] {
  return [
    '',
    `plan ${digest} names ${things} things${left > 0 ? `; ${left} more are due and left for the next plan` : ''}`,
    `an administrator and legal or compliance carry it out: countersign retention sweep --plan ${digest}`,
  ];
}

function planCsv({ rows }: RetentionPlanReply): string {
  return csvTable(
    ['kind', 'id', 'count', 'bytes', 'fate', 'until', 'rule', 'holds', 'why'],
    rows.map((row) => [
      row.kind,
      row.id,
      row.count,
      row.bytes,
      row.state,
      row.until,
      row.rule,
      row.holds,
      row.why,
    ]),
  );
}

async function explain(input: Input, session: Session): Promise<Outcome> {
  const id = input.argument('what');
  const query = { at: atOf(input) };
  const told = await session.client().call(retentionRoutes.explain, { params: { id }, query });
  return done(told, ...explainLines(told));
}

function explainLines({ things, deleted }: ExplainReply): readonly string[] {
  return [
    ...things.flatMap(({ kind, bytes, fate, references }) => [
      `${kind}, ${bytes} bytes: ${fate.why}`,
      ...fate.others
        .filter(({ because }) => !fate.why.includes(because))
        .map(({ rule, because }) => `  ${rule}: ${because}`),
      ...fate.holds.map((hold) => `  ${hold.id}: ${hold.matter} (record ${short(hold.digest)})`),
      ...references.flatMap(({ record, model, version }) =>
        record === undefined
          ? []
          : [
              `  named by record ${short(record)}${model === undefined ? '' : ` of ${model}${version === undefined ? '' : `@${version}`}`}`,
            ],
      ),
    ]),
    ...deleted.map(
      ({ kind, at, rule, deletion }) =>
        `${kind} was deleted on ${at} by ${rule} (record ${short(deletion)})`,
    ),
  ];
}

async function sweep(input: Input, session: Session): Promise<Outcome> {
  const plan = input.text('plan');
  if (!/^[0-9a-f]{64}$/.test(plan)) throw usage('`--plan` takes the whole digest of 64 characters');
  const known = await findSweep(session, plan);
  if (known !== undefined) return carryOut(session, known);
  const order = await sign(input, session, plan);
  if (order.state === 'recorded') return carryOut(session, order.digest);
  return done(
    order,
    describeRecorded(order),
    `the second person calls the same: countersign retention sweep --plan ${plan}`,
  );
}

async function findSweep(session: Session, plan: string): Promise<string | undefined> {
  const client = session.client();
  for (const { digest } of await listRecords(client, {
    type: 'retention-rule',
    kind: SWEEP_KIND,
  })) {
    const { content, counts } = await toldRecord(client, digest);
    if (counts && content.plan === plan) return digest;
  }
  return undefined;
}

/** The first signature proposes, the second makes it count: either sees what would go, read from the plan's own bytes. */
async function sign(input: Input, session: Session, digest: string): Promise<Recorded> {
  const plan = readRetentionPlan(
    parseStrictJson(await fetchBlob(session, digest), { maxBytes: PLAN_BYTES_MAX }),
  );
  refuseLate(session, plan);
  for (const line of whatGoes(plan)) session.io.err(line);
  const waiting = await waitingSweep(session, digest);
  if (waiting !== undefined) return addSignatureTo(session, waiting);
  return signOne(session, {
    type: 'retention-rule',
    kind: SWEEP_KIND,
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    blobs: [digest],
    content: {
      plan: digest,
      at: plan.at,
      things: plan.things.length,
      bytes: plan.things.reduce((sum, { bytes }) => sum + bytes, 0),
      reason: input.text('reason'),
    },
  });
}

const PLAN_BYTES_MAX = 16 * 1024 * 1024;

/** By the signer's own clock: a server whose clock was moved ahead gets no signature for what is not due. */
function refuseLate(session: Session, plan: RetentionPlan): void {
  if (plan.founding !== session.root())
    throw new CliError('record_unverified', 'the plan is of another firm; do not sign it');
  if (plan.at <= session.now()) return;
  throw new CliError(
    'refused',
    `the plan is for ${plan.at}, which is to come by your clock; do not sign it, and look at the server's`,
  );
}

function whatGoes({ at, things }: RetentionPlan): readonly string[] {
  const groups = Map.groupBy(things, ({ kind, rule }) => `${kind} by ${rule}`);
  return [
    `the plan of ${at} deletes for good:`,
    ...[...groups].map(([group, all]) => {
      const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
      return `  ${all.reduce((sum, one) => sum + one.count, 0)} ${group} (${bytes} bytes)`;
    }),
  ];
}

async function waitingSweep(session: Session, plan: string) {
  const { records } = await session.client().call(recordRoutes.pending);
  const found = records.find(({ statement }) => JSON.stringify(statement).includes(plan));
  if (found === undefined) return undefined;
  const record = await findPending(session, { prefix: found.digest });
  const { kind, content } = record.statement.predicate;
  return kind === SWEEP_KIND && content.plan === plan ? record : undefined;
}

/** A plan holds 20,000 things and a call deletes 2,000; things that are spared take calls too. */
const CALLS_MAX = 1_000;

async function carryOut(session: Session, digest: string): Promise<Outcome> {
  let reply: SweepReply | undefined;
  for (let call = 0; call < CALLS_MAX && reply?.done !== true; call += 1) {
    reply = await session.client().call(retentionRoutes.sweep, { params: { digest }, body: {} });
    if (!reply.done) session.io.err(`${reply.left} things left`);
  }
  if (reply?.done !== true) return refused(reply, 'the sweep is not done; call it again');
  return done(
    reply,
    ...table(
      ['deleted', 'rule', 'count', 'bytes'],
      reply.deleted.map(({ kind, rule, count, bytes }) => [kind, rule, count, bytes]),
    ),
    ...(reply.deleted.length === 0 ? ['nothing was deleted'] : []),
    ...reply.skipped.map(({ reason, count }) => `${count} spared: ${reason}`),
    `record ${short(reply.disposal ?? '')} says so, signed and in the log`,
  );
}
