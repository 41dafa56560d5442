// SPDX-License-Identifier: Apache-2.0
import { type EvidenceReply, registryRoutes } from '@countersign/contract';
import { type BuiltFacts, builtFacts } from '@countersign/kernel';
import { verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName, type VersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { describeBuild } from '../output/describe-build.ts';
import { short, table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const evidence: Command = {
  name: 'evidence',
  summary: 'completeness of a version’s evidence, clause by clause',
  example: 'countersign evidence consumer-credit@1 --framework sr-26-2',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--framework ID', summary: 'one framework pack; every one in scope unless given' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
    {
      flags: '--stage STAGE',
      summary: 'judge what is due by then; what the version has reached unless given',
      choices: ['intake', 'candidate', 'staging', 'production', 'production+30d'],
    },
    {
      flags: '--gaps',
      summary: 'only what is missing, stale or expired; exit 1 when something blocks',
    },
  ],
  run: runEvidence,
};

const GAPS: ReadonlySet<string> = new Set(['missing', 'stale', 'expired']);

async function runEvidence(input: Input, session: Session): Promise<Outcome> {
  const { model, version } = parseVersionName(input.argument('version'));
  const { frameworks } = await session.client().call(registryRoutes.evidence, {
    params: { model, version },
    query: {
      framework: input.optionalText('framework'),
      use: input.optionalText('use'),
      stage: input.optionalText('stage'),
    },
  });
  const gapsOnly = input.flag('gaps');
  const built = await builtOf(session, { model, version }, input.optionalText('use'));
  const lines = frameworks.flatMap(
    ({ framework, packVersion, tier, reached, blocking, clauses, replaced, newlyAsked }) => [
      `${framework} ${packVersion}, tier ${tier}, due by ${reached}: ${blocking} blocking`,
      ...table(
        ['clause', 'evidence', 'status', 'what of it', 'records'],
        clauses.flatMap(({ ref, bindsFrom, evidence: items }) =>
          items
            .filter(({ status }) => !gapsOnly || GAPS.has(status))
            .map((item) => [
              ref,
              item.kind === undefined ? item.id : `${item.id} (${item.kind})`,
              item.status,
              toldOf(item, bindsFrom),
              item.records.map(short).join(' '),
            ]),
        ),
      ),
      ...shortfallLines(clauses),
      ...newlyAskedLines({ framework, replaced, newlyAsked }),
      '',
    ],
  );
  const isBlocked = frameworks.some(({ blocking }) => blocking > 0);
  const shown = frameworks.length === 0 ? ['no framework pack is in scope'] : lines;
  return gapsOnly && isBlocked
    ? { ok: false, result: { frameworks, built }, lines: shown }
    : done({ frameworks, built }, ...shown, ...(gapsOnly ? [] : describeBuild(built)));
}

type Item = EvidenceReply['frameworks'][number]['clauses'][number]['evidence'][number];

/** Since when it stands, where it was carried from, who waived it, when it is due. */
function toldOf(
  { status, due, since, carriedFrom, until, waivedBy }: Item,
  bindsFrom: string | undefined,
): string {
  if (waivedBy !== undefined) {
    const end = waivedBy.until === undefined ? '' : ` until ${dayOf(waivedBy.until)}`;
    return `by ${waivedBy.accounts.join(', ')}${end}`;
  }
  if (status === 'not yet due' && bindsFrom !== undefined) return `binds from ${bindsFrom}`;
  if (status === 'not yet due') return `due at ${due}`;
  if (status === 'expired') return until === undefined ? '' : `on ${dayOf(until)}`;
  if (since === undefined) return '';
  const from = carriedFrom === undefined ? '' : ` from version ${carriedFrom}`;
  return status === 'carried' ? `since ${dayOf(since)}${from}` : dayOf(since);
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

/** After a pack's text was replaced: what this one asks beyond it. */
function newlyAskedLines({
  framework,
  replaced,
  newlyAsked = [],
}: Pick<EvidenceReply['frameworks'][number], 'framework' | 'replaced' | 'newlyAsked'>) {
  if (replaced === undefined || newlyAsked.length === 0) return [];
  return [
    `it replaced ${replaced} and newly asks (countersign packs diff ${framework}):`,
    ...newlyAsked.map(({ clause, evidence: item }) => `  ${item} for ${clause}`),
  ];
}

function shortfallLines(
  clauses: EvidenceReply['frameworks'][number]['clauses'],
): readonly string[] {
  const all = clauses.flatMap(({ evidence: items }) =>
    items.flatMap(({ shortfalls = [] }) => shortfalls),
  );
  return [...new Set(all)];
}

/** Read from records that are verified here; without a root to verify against nothing is told of them. */
async function builtOf(
  session: Session,
  name: VersionName,
  use: string | undefined,
): Promise<Partial<BuiltFacts>> {
  try {
    const { set, context } = await verifiedVersion(session, name, use);
    return builtFacts(set, context);
  } catch (error) {
    if (error instanceof CliError && error.code === 'no_root') return {};
    throw error;
  }
}
