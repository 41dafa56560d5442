// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addSignature,
  type Envelope,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  type Role,
  type Signer,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { openFileBlobStore } from '@countersign/pipeline';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { AppContext } from '../src/context.ts';
import { buildApp } from '../src/http/app.ts';
import { type FoundedPerson, found } from '../src/identity/found.ts';
import { openSigner, readKeyFile } from '../src/identity/key-file.ts';
import type { JobRunners } from '../src/jobs/job.ts';
import { startJobs } from '../src/jobs/job-service.ts';
import { openContext } from '../src/open-context.ts';
import { openDataKeys } from '../src/store/data-keys.ts';
import { openFilePublishedStore } from '../src/store/published-store.ts';
import { type TestDatabase, testDatabase } from './database.ts';

export const PASSPHRASE = 'correct horse battery';
export const PASSWORD = 'staple correct horse';

/** One person a role, two administrators; the developer and the owner share a team. */
export const PEOPLE: readonly { account: string; roles: readonly Role[]; team?: string }[] = [
  { account: 'ada', roles: ['administrator'] },
  { account: 'ben', roles: ['administrator'] },
  { account: 'dev', roles: ['developer'], team: 'models' },
  { account: 'owner', roles: ['model-owner'], team: 'models' },
  { account: 'val', roles: ['validator'], team: 'validation' },
  { account: 'risk', roles: ['model-risk'] },
  { account: 'legal', roles: ['legal'] },
  { account: 'exec', roles: ['executive'] },
  { account: 'audit', roles: ['auditor'] },
  { account: 'ops', roles: ['operator'] },
  { account: 'clerk', roles: ['user'] },
];

export interface TestServer {
  readonly app: FastifyInstance;
  readonly context: AppContext;
  readonly database: TestDatabase;
  readonly dataDir: string;
  readonly failures: unknown[];
  person(account: string): FoundedPerson;
  signer(account: string): Promise<Signer>;
  /** A request as an account, by its API key. */
  as(account: string, request: InjectOptions): Promise<LightMyRequestResponse>;
  /** A record by its actor, signed by these accounts. */
  sign(draft: TestDraft, signers: readonly string[]): Promise<Envelope>;
  close(): Promise<void>;
}

export interface TestDraft
  extends Pick<Predicate, 'type' | 'actor'>,
    Partial<Omit<Predicate, 'type' | 'actor' | 'content'>> {
  readonly content: object;
  /** Digest of what it is about; of `subjectRef` unless given. */
  readonly subjectDigest?: string;
}

export interface TestServerOptions {
  readonly runners?: JobRunners;
  /** `PEOPLE` unless given. */
  readonly people?: typeof PEOPLE;
  /** True unless given. */
  readonly demonstration?: boolean;
  /** Where a browser reaches it; `http://localhost` unless given. */
  readonly origin?: string;
  /** Of a browser interface built for the test. */
  readonly webDirectory?: string;
}

/** A founded firm, in demonstration mode unless asked otherwise, on a real database, with every part of the server but the port. */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-server-'));
  const database = await testDatabase();
  const now = () => new Date().toISOString();
  const blobs = openFileBlobStore(join(dataDir, 'blobs'), { keys: openDataKeys(dataDir) });
  const published = openFilePublishedStore(join(dataDir, 'published'));
  const firm = 'First River Bank';
  const founded = await found(
    { dataDir, database, blobs, now },
    {
      firm,
      workspace: 'main',
      demonstration: options.demonstration ?? true,
      people: (options.people ?? PEOPLE).map((person) => ({
        ...person,
        printedName: printedName(person.account),
        passphrase: PASSPHRASE,
        password: PASSWORD,
      })),
    },
  );
  const data = { dataDir, database, blobs, published, close: () => database.close() };
  const config = { root: founded.root, workspace: 'main', firm };
  const opened = await openContext(data, {
    config,
    origin: options.origin ?? 'http://localhost',
    now,
  });
  // Most suites queue no job.
  const { runners = {} as JobRunners } = options;
  const concurrency = options.runners === undefined ? 0 : 1;
  const jobs = await startJobs(opened.context, runners, { concurrency });
  const context: AppContext = { ...opened.context, jobs };
  const failures: unknown[] = [];
  const { webDirectory } = options;
  const app = buildApp(context, {
    onFailure: (_id, error) => failures.push(error),
    ...(webDirectory === undefined ? {} : { webDirectory }),
  });
  const people = new Map(founded.people.map((person) => [person.account, person]));
  const person = (account: string): FoundedPerson => {
    const one = people.get(account);
    if (one === undefined) throw new Error(`no person ${account} in the fixture`);
    return one;
  };
  const signers = new Map<string, Signer>();
  const signer = async (account: string): Promise<Signer> => {
    const made =
      signers.get(account) ?? openSigner(await readKeyFile(person(account).keyFile), PASSPHRASE);
    signers.set(account, made);
    return made;
  };
  return {
    app,
    context,
    database,
    dataDir,
    failures,
    person,
    signer,
    as: (account, request) =>
      app.inject({
        ...request,
        headers: { authorization: `Bearer ${person(account).token}`, ...request.headers },
      }),
    sign: async (draft, accounts) => {
      let envelope = unsigned(context, draft);
      for (const account of accounts)
        envelope = await addSignature(envelope, await signer(account));
      return envelope;
    },
    close: async () => {
      await app.close();
      await jobs.stop();
      await opened.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function printedName(account: string): string {
  return `${account.charAt(0).toUpperCase()}${account.slice(1)} Example`;
}

function unsigned(context: AppContext, draft: TestDraft): Envelope {
  const { content, subjectDigest, ...rest } = draft;
  const subjectRef = { workspace: 'main', ...rest.subjectRef };
  const predicate: Predicate = {
    scope: 'model',
    producer: 'human',
    claimedAt: context.now(),
    source: [],
    founding: context.root,
    ...rest,
    subjectRef,
    content: content as Predicate['content'],
  };
  const subject = subjectOf(nodePrimitives, subjectRef);
  const payload = statementBytes({
    subject: [
      subjectDigest === undefined ? subject : { ...subject, digest: { sha256: subjectDigest } },
    ],
    predicate,
  });
  return {
    payloadType: PAYLOAD_TYPE_STATEMENT,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [],
  };
}
