// SPDX-License-Identifier: Apache-2.0
import { PolicyKindSchema, policyRoutes } from '@countersign/contract';
import type { Json } from '@countersign/kernel';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { fields, short, table } from '../output/table.ts';
import { checkPolicyFile } from '../papers/check-policy.ts';
import { parseYamlText, readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

export const policy: Command = {
  name: 'policy',
  summary: 'the policy in force and its history: who signed, when, what changed',
  example: 'countersign policy --kind questionnaire',
  options: [
    {
      flags: '--kind KIND',
      summary: 'promotion-policy (unless given), questionnaire, committee, deputies or retention',
    },
  ],
  run: showPolicy,
};

export const policyCheck: Command = {
  name: 'policy check',
  summary: 'read a policy file as the kernel would; every fault with line and column',
  description:
    'Needs no server. Promotion policies, questionnaires, committee charters and deputies; the published schemas lie beside them as policies/*.schema.json.',
  example: 'countersign policy check policies/promotion.yaml',
  arguments: [{ name: 'file', summary: 'the YAML file' }],
  run: checkPolicy,
};

export const policyEffect: Command = {
  name: 'policy effect',
  summary: 'what a promotion policy would do to every open request and live warrant',
  description:
    'The server judges each with the kernel under the policy that it froze and under this one. Nothing changes by asking, and nothing that runs changes by signing: a request keeps the policy it was opened under.',
  example: 'countersign policy effect policies/promotion.yaml',
  arguments: [
    { name: 'file', summary: 'the YAML file, or the digest of a policy that awaits signatures' },
  ],
  run: showEffect,
};

async function showPolicy(input: Input, session: Session): Promise<Outcome> {
  const kind = PolicyKindSchema.safeParse(input.optionalText('kind') ?? 'promotion-policy');
  if (!kind.success) throw usage(`\`--kind\` is one of ${PolicyKindSchema.options.join(', ')}`);
  const query = { kind: kind.data };
  const { versions } = await session.client().call(policyRoutes.history, { query });
  const inForce = await session.client().call(policyRoutes.inForce, { query });
  return done(
    { inForce, history: versions },
    ...fields([
      ['policy', inForce.title],
      ['version', inForce.version],
      ['record', inForce.digest],
      ['signed by', inForce.signedBy.join(', ')],
      ['in force since', inForce.loggedAt],
    ]),
    '',
    ...versions.flatMap(({ version, digest, signedBy, loggedAt, changes }) => [
      `${version}  ${short(digest)}  ${loggedAt}  ${signedBy.join(', ')}`,
      ...changes.map(({ op, line }) => `  ${op} ${line}`),
    ]),
  );
}

async function checkPolicy(input: Input, session: Session): Promise<Outcome> {
  const file = input.argument('file');
  const { kind, problems } = checkPolicyFile(parseYamlText(file, readTextFile(session.cwd, file)));
  if (kind !== undefined && problems.length === 0) {
    return done({ file, kind, problems }, `${file} is a ${kind} that the kernel reads`);
  }
  return refused(
    { file, kind, problems },
    ...problems.map(({ line, column, member, problem }) => {
      const named = member === '' || problem.includes(member) ? '' : `\`${member}\`: `;
      return `${file}:${line}:${column}: ${named}${problem}`;
    }),
  );
}

async function showEffect(input: Input, session: Session): Promise<Outcome> {
  const file = input.argument('file');
  const client = session.client();
  const effect = /^[0-9a-f]{64}$/.test(file)
    ? await client.call(policyRoutes.pendingEffect, { query: { digest: file } })
    : await client.call(policyRoutes.effect, { body: { policy: policyIn(session, file) } });
  const { items, requests, warrants, affected, stopped } = effect;
  const rows = items.map(({ kind, digest, subject, transition, ...one }) => [
    kind,
    short(digest),
    `${subject.model}@${subject.version} for ${subject.use}`,
    transition,
    [
      ...one.newlyMissing.map((text) => `would lack ${text}`),
      ...one.newlyAsked.map((text) => `newly asked ${text}`),
      ...one.noLongerAsked.map((text) => `no longer asked ${text}`),
      ...(one.endsEarlier === undefined ? [] : [`would end on ${one.endsEarlier}`]),
    ].join('; '),
  ]);
  return done(
    effect,
    `${requests} open requests and ${warrants} live warrants were judged: ${affected} are touched, ${stopped} would lack something or end earlier`,
    ...table(['what', 'digest', 'of', 'to', 'effect'], rows),
  );
}

/** Faults are reported as `policy check` does, before a server is asked. */
function policyIn(session: Session, file: string): Json {
  const yaml = parseYamlText(file, readTextFile(session.cwd, file));
  const { kind, problems } = checkPolicyFile(yaml);
  const [first] = problems;
  if (first !== undefined) throw usage(`${file}:${first.line}:${first.column}: ${first.problem}`);
  if (kind !== 'promotion-policy') throw usage(`\`${file}\` is a ${kind}, no promotion policy`);
  return yaml.value as Json; // the core schema of YAML yields JSON values only
}
