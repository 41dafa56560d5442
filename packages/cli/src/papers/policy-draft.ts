// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  type Json,
  KernelError,
  parsePack,
  readCommitteeCharter,
  readDeputies,
  readPolicy,
  readQuestionnaire,
  readRetentionPolicy,
} from '@countersign/kernel';
import { z } from 'zod';
import { listRecords } from '../client/digests.ts';
import { toldRecord } from '../client/told-record.ts';
import { atFile } from '../errors.ts';
import type { Session } from '../session.ts';
import type { Draft } from '../signing/person-statement.ts';
import { parseYamlText, type YamlFile } from './yaml-file.ts';

const KINDS = {
  'promotion-policy': 'policy',
  'framework-pack': 'pack',
  questionnaire: 'questionnaire',
  committee: 'committee',
  deputies: 'deputies',
  retention: 'retention',
} as const;
type PolicyKind = keyof typeof KINDS;

const READERS = {
  'promotion-policy': readPolicy,
  questionnaire: readQuestionnaire,
  committee: readCommitteeCharter,
  deputies: readDeputies,
  retention: readRetentionPolicy,
} as const;

const Head = z.looseObject({ id: z.string().min(1), version: z.string().min(1) });

/**
 * The `policy-document` that a policy file becomes; the newer version of a document supersedes the older.
 * @throws CliError `file_invalid` with file and line
 */
export async function policyDraft(
  session: Session,
  { file, text }: { readonly file: string; readonly text: string },
): Promise<Draft> {
  const yaml = parseYamlText(file, text);
  const head = Head.safeParse(yaml.value);
  if (!head.success) throw atFile(file, 1, 'it is no policy: `id` and `version` must be texts');
  const kind = kindOf(yaml, head.data);
  const json = head.data as Json; // the core schema of YAML yields JSON values only
  check(yaml, kind, json);
  const { id, version } = head.data;
  const earlier = await documentInForce(session, kind, id);
  const title = typeof head.data.title === 'string' ? head.data.title : `${kind} ${id}`;
  return {
    type: 'policy-document',
    kind,
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    ...(earlier === undefined ? {} : { supersedes: earlier }),
    content: {
      title,
      version,
      textDigest: createHash('sha256').update(text, 'utf8').digest('hex'),
      [KINDS[kind]]: json,
    },
  };
}

function kindOf(yaml: YamlFile, value: Readonly<Record<string, unknown>>): PolicyKind {
  if ('transitions' in value) return 'promotion-policy';
  if ('clauses' in value) return 'framework-pack';
  if ('questions' in value) return 'questionnaire';
  if ('quorum' in value) return 'committee';
  if ('deputations' in value) return 'deputies';
  if ('rules' in value) return 'retention';
  throw atFile(
    yaml.file,
    1,
    'it is neither a promotion policy (`transitions`), a pack (`clauses`), a questionnaire (`questions`), a committee (`quorum`), deputies (`deputations`) nor a retention policy (`rules`)',
  );
}

function check(yaml: YamlFile, kind: PolicyKind, json: Json): void {
  if (kind === 'framework-pack') {
    const parsed = parsePack(json);
    if (parsed.ok) return;
    const [first] = parsed.problems;
    const path = first === undefined ? [] : [...first.path];
    throw atFile(yaml.file, yaml.lineOf(path), first?.message ?? 'it is no framework pack');
  }
  try {
    READERS[kind](json);
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    const path = String(cause.details.path ?? '');
    throw atFile(yaml.file, yaml.lineOf(pathKeys(path)), cause.message, cause);
  }
}

/** `policy.transitions.staging.conditions[2].gate` as keys below `policy`. */
function pathKeys(path: string): readonly (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)]
    .map(([text, index]) => (index === undefined ? text : Number(index)))
    .slice(1);
}

async function documentInForce(
  session: Session,
  kind: PolicyKind,
  id: string,
): Promise<string | undefined> {
  const client = session.client();
  const summaries = await listRecords(client, { type: 'policy-document', kind });
  for (const { digest } of summaries) {
    const { content } = await toldRecord(client, digest);
    const document = Head.safeParse(content[KINDS[kind]]);
    if (document.data?.id === id) return digest;
  }
  return undefined;
}
