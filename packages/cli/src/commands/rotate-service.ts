// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { recordRoutes } from '@countersign/contract';
import {
  type Envelope,
  keyEntryJson,
  keyStanding,
  PAYLOAD_TYPE_STATEMENT,
  type RecordSet,
  type Service,
  signEnvelope,
  statementBytes,
} from '@countersign/kernel';
import { verifiedTrust } from '../client/log-trust.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { fields } from '../output/table.ts';
import { openKey, readKeyFile } from '../profile/signing-key.ts';
import type { Session } from '../session.ts';
import { describeStatement } from '../signing/describe-statement.ts';
import { personStatement } from '../signing/person-statement.ts';
import { describeProposed } from './keys.ts';

export const keysRotateService: Command = {
  name: 'keys rotate-service',
  summary: 'make the next key of log, platform or gateway, and propose it in place of the old one',
  description:
    'On the host, over the data directory: the new key is made beside the old (keys/SERVICE.next.json) and accepts its enrolment; a second administrator signs it with `countersign sign --add`. From then on the old key counts no more; the log is signed with both until then. The next start deletes the old key. A gateway is started again at once.',
  example: 'countersign keys rotate-service log --data ./bank --as ada.admin',
  arguments: [{ name: 'service', summary: 'log, platform or gateway' }],
  options: [{ flags: '--out FILE', summary: 'the proposal as a file' }],
  run: rotateService,
};

const SERVICES: readonly Service[] = ['log', 'platform', 'gateway'];

async function rotateService(input: Input, session: Session): Promise<Outcome> {
  const service = SERVICES.find((one) => one === input.argument('service'));
  if (service === undefined) {
    throw usage(`\`${input.argument('service')}\` is none of ${SERVICES.join(', ')}`);
  }
  const { dataDir, workspace } = session.profile();
  const current = await readKeyFile(join(dataDir, 'keys', `${service}.json`));
  const trust = await verifiedTrust(session, session.root());
  const holder = replaceable(trust, { keyid: current.keyid, service, now: session.now() });
  const file = await nextKey(dataDir, service);
  const { keyid, algorithm, spki } = file;
  const draft = {
    type: 'key-enrolment' as const,
    scope: 'firm' as const,
    subjectRef: { workspace },
    content: {
      key: keyEntryJson({ key: { keyid, algorithm, spki }, holder }),
      replaces: current.keyid,
    },
  };
  const by = { account: session.account(), founding: session.root(), now: session.now() };
  const statement = personStatement(draft, by);
  for (const line of describeStatement(statement)) session.io.err(line);
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, statementBytes(statement), [
    await session.signer(),
    openKey(file, undefined),
  ]);
  return record(session, { envelope, service, keyid, out: input.optionalText('out') });
}

async function record(
  session: Session,
  at: {
    readonly envelope: Envelope;
    readonly service: Service;
    readonly keyid: string;
    readonly out: string | undefined;
  },
): Promise<Outcome> {
  const { envelope, service, keyid, out } = at;
  const { records } = await session
    .client()
    .call(recordRoutes.post, { body: { envelopes: [envelope] } });
  const [recorded] = records;
  if (recorded === undefined)
    throw new CliError('server_answer_invalid', 'the server recorded nothing');
  if (out !== undefined) writeFileSync(resolve(session.cwd, out), `${JSON.stringify(envelope)}\n`);
  return done(
    { ...recorded, keyid, service },
    ...fields([
      ['service', service],
      ['new key', keyid],
      ['file', join(session.profile().dataDir, 'keys', `${service}.next.json`)],
    ]),
    ...describeProposed({ ...recorded, type: 'key-enrolment' }),
    'once it is recorded, restart the server on this directory: it deletes the old key',
  );
}

/** A suspended key is replaced too: that is how a stolen one goes. */
function replaceable(
  trust: RecordSet,
  at: { readonly keyid: string; readonly service: Service; readonly now: string },
) {
  const known = trust.register.get(at.keyid);
  const isHeld =
    known?.holder.kind === 'service' &&
    known.holder.service === at.service &&
    keyStanding(known, at.now) !== 'retired';
  if (known !== undefined && isHeld) return known.holder;
  throw new CliError('refused', `the ${at.service} key of this directory counts no more`, {
    details: { next: 'a rotation was completed already: restart the server, then try again' },
  });
}

/** Makes the key, or takes the one that an earlier attempt left. */
async function nextKey(dataDir: string, service: Service) {
  const { createNextServiceKey, readNextServiceKey } = await import('@countersign/server');
  const left = await readNextServiceKey(dataDir, service);
  return left ?? createNextServiceKey(dataDir, service);
}
