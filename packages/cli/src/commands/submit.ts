// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, type PrepareReply } from '@countersign/contract';
import {
  CHANGE_CLASSES,
  fromBase64,
  parseStrictJson,
  readStatement,
  type Statement,
  sha256Hex,
  visibleText,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { z } from 'zod';
import { envelopeNamed } from '../client/envelopes.ts';
import { type Measuring, measureLacking } from '../client/lacking-measurements.ts';
import { promoteRequest } from '../client/promote-request.ts';
import { useOfVersion } from '../client/use-of-version.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { describeVerdict } from '../output/describe-change-request.ts';
import { short } from '../output/table.ts';
import { parseYamlText, readTextFile, readYaml } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { describeRecorded, recordStatements } from '../signing/sign-and-record.ts';

export const submit: Command = {
  name: 'submit',
  summary: 'open a change request and judge its automatic conditions',
  description:
    'Freezes artefact, evidence, policy, packs and rules version in a change request that you sign. A request whose conditions do not hold is opened all the same: it says what is missing. With --envelope nothing is written: reason, impact and rollback are the envelope’s, what the platform can measure it measures first, a version out of bounds is refused before anything is signed, and staging, which the envelope’s signers approved beforehand, is promoted at once.',
  example:
    'countersign submit consumer-credit@2 --to staging --envelope "Weekly refit" --as dana.developer',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    {
      flags: '--to STAGE',
      summary: 'where to',
      isRequired: true,
      choices: ['staging', 'production'],
    },
    { flags: '--envelope NAME', summary: 'the approved envelope it stays inside: title or digest' },
    { flags: '--reason TEXT', summary: 'why; the envelope’s title unless given' },
    { flags: '--impact TEXT', summary: 'whom and what it touches; the envelope’s unless given' },
    { flags: '--rollback TEXT', summary: 'how it is undone; the envelope’s unless given' },
    { flags: '--file FILE', summary: 'reason, impact, rollback, class, urgency, envelope in YAML' },
    {
      flags: '--class CLASS',
      summary: 'the class of change; standard unless given',
      choices: CHANGE_CLASSES,
    },
    { flags: '--urgency TEXT', summary: 'of an emergency change: why it cannot wait' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
    {
      flags: '--measure',
      summary: 'first have the platform test, rebuild or check parity where no record is there yet',
    },
    {
      flags: '--check',
      summary: 'judge it without signing anything; exit 1 when a condition does not hold',
    },
  ],
  run: runSubmit,
};

async function runSubmit(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const use = input.optionalText('use') ?? (await useOfVersion(session, name));
  const transition = input.text('to');
  const change = await changeOfInput(input, session, { model: name.model, use });
  const isInside = change.envelope !== undefined;
  const isMeasured = (isInside || input.flag('measure')) && !input.flag('check');
  const measure = (...of: readonly Measuring[]) =>
    isMeasured ? measureLacking(session, name, { use, transition, of }) : Promise.resolve([]);
  const prepare = () =>
    session.client().call(governanceRoutes.prepare, {
      body: {
        ...name,
        use,
        transition: transition === 'staging' ? 'staging' : 'production',
        ...change,
      },
    });
  const tested = await measure('test', 'parity');
  const foreseen = await prepare();
  if (input.flag('check')) return judged(foreseen);
  const outside = foreseen.verdict.change?.envelope?.outside ?? [];
  if (outside.length > 0) return outOfBounds(foreseen.verdict, outside);
  const rebuilt = await measure('reproduce');
  const prepared = rebuilt.length === 0 ? foreseen : await prepare();
  const { verdict } = prepared;
  const statement = readPrepared(prepared, {
    ...name,
    ...change,
    use,
    transition,
    account: session.account(),
    class: change.class ?? 'standard',
  });
  const [recorded] = await recordStatements(session, [statement]);
  if (recorded === undefined)
    throw new CliError('server_answer_invalid', 'the server recorded nothing');
  const { digest: changeRequest, state } = recorded;
  const result = { changeRequest, state, verdict, measured: [...tested, ...rebuilt] };
  const lines = [describeRecorded(recorded), '', ...shownVerdict(prepared), ''];
  if (!verdict.allowed) {
    const next = 'conditions do not hold yet: promotion will be refused until they do';
    return done(result, ...lines, next);
  }
  if (!isInside) return done(result, ...lines, 'every automatic condition of this phase holds');
  if (transition === 'staging') return stageInside(session, result, lines);
  return done(
    result,
    ...lines,
    `inside the envelope: one person who did not build it confirms with \`countersign approve ${short(changeRequest)} --promote\``,
  );
}

function judged(prepared: PrepareReply): Outcome {
  const { verdict } = prepared;
  return { ok: verdict.allowed, result: { verdict }, lines: shownVerdict(prepared) };
}

/** The record types of the verdict and of the kernel's are the same; the contract reads it as data. */
function shownVerdict({ verdict }: PrepareReply): readonly string[] {
  return describeVerdict(verdict as Parameters<typeof describeVerdict>[0]);
}

/** Nothing is signed that the envelope does not cover: the ordinary way is open, with its own words and signatures. */
function outOfBounds(verdict: PrepareReply['verdict'], outside: readonly string[]): Outcome {
  return refused(
    {
      error: { code: 'refused', message: 'out of the envelope’s bounds', missing: outside },
      verdict,
    },
    `refused: out of the envelope’s bounds by ${outside.length} of them; nothing was signed`,
    ...outside.map((one) => `  ${visibleText(one)}`),
    'submit it without --envelope, with its reason, impact and rollback, for the approvals of an ordinary change',
  );
}

/** Staging inside an envelope waits for nobody where policy says so; where it does, what is missing is told. */
async function stageInside(
  session: Session,
  result: { readonly changeRequest: string } & Readonly<Record<string, unknown>>,
  lines: readonly string[],
): Promise<Outcome> {
  const promoted = await promoteRequest(session, result.changeRequest);
  return promoted.ok
    ? done({ ...result, warrant: promoted.warrant.digest }, ...lines, promoted.line)
    : done({ ...result, missing: promoted.missing }, ...lines, ...promoted.lines);
}

interface Wanted {
  readonly model: string;
  readonly version: number;
  readonly use: string;
  readonly transition: string;
  readonly account: string;
  readonly class: string;
  readonly envelope?: string;
  readonly urgency?: string;
  readonly reason: string;
  readonly impact: string;
  readonly rollback: string;
}

const ChangeFile = z.strictObject({
  reason: z.string().min(1).optional(),
  impact: z.string().min(1).optional(),
  rollback: z.string().min(1).optional(),
  class: z.enum(CHANGE_CLASSES).optional(),
  urgency: z.string().min(1).optional(),
  envelope: z.string().min(1).optional(),
});

/** What is typed comes before what the file says, and that before what the envelope says. */
async function changeOfInput(
  input: Input,
  session: Session,
  of: { readonly model: string; readonly use: string },
) {
  const file = input.optionalText('file');
  const written =
    file === undefined
      ? {}
      : readYaml(parseYamlText(file, readTextFile(session.cwd, file)), ChangeFile);
  const text = (member: 'reason' | 'impact' | 'rollback' | 'urgency' | 'envelope') =>
    input.optionalText(member) ?? written[member];
  const named = text('envelope');
  const envelope = named === undefined ? undefined : await envelopeNamed(session, named, of);
  const needed = (member: 'reason' | 'impact' | 'rollback', otherwise: string | undefined) => {
    const found = text(member) ?? otherwise;
    if (found !== undefined) return found;
    throw usage(`\`--${member}\` is missing`, 'give it, or an envelope that says it');
  };
  const urgency = text('urgency');
  const stated = input.optionalText('class');
  const changeClass = CHANGE_CLASSES.find((one) => one === stated) ?? written.class;
  return {
    reason: needed('reason', envelope?.title),
    impact: needed('impact', envelope?.impact),
    rollback: needed('rollback', envelope?.rollback),
    ...(changeClass === undefined ? {} : { class: changeClass }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(envelope === undefined ? {} : { envelope: envelope.digest }),
  };
}

/** The server wrote it, the person signs it: it must say what was asked for and nothing about anything else. */
function readPrepared(
  prepared: { readonly payload: string; readonly digest: string },
  wanted: Wanted,
): Statement {
  const payload = fromBase64(prepared.payload);
  const statement = readStatement(parseStrictJson(payload));
  const { type, subjectRef, actor, content } = statement.predicate;
  const isAsked =
    type === 'change-record' &&
    subjectRef.model === wanted.model &&
    subjectRef.version === wanted.version &&
    subjectRef.use === wanted.use &&
    content.transition === wanted.transition &&
    content.class === wanted.class &&
    content.envelope === wanted.envelope &&
    (['reason', 'impact', 'rollback', 'urgency'] as const).every(
      (member) => content[member] === wanted[member]?.trim(),
    ) &&
    actor === wanted.account &&
    sha256Hex(nodePrimitives, payload) === prepared.digest;
  if (isAsked) return statement;
  throw new CliError(
    'record_unverified',
    'the server prepared another change request than was asked for; do not sign it',
  );
}
