// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { blobRoutes } from '@countersign/contract';
import {
  entryDraft,
  type InventoryEntryContent,
  type RiskTierContent,
  type RoleAssignmentContent,
  type SubjectRef,
  tierDraft as signedTier,
} from '@countersign/kernel';
import { z } from 'zod';
import { listRecords } from '../client/digests.ts';
import { policyInForce } from '../client/policy-documents.ts';
import { toldRecord } from '../client/told-record.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { questionnaireInForce, tierOfAnswers } from '../intake/compute-tier.ts';
import {
  type Model,
  readAnswers,
  readModel,
  readRoles,
  readScope,
} from '../intake/intake-files.ts';
import {
  type IntakeSubject,
  revisedDrafts,
  standingFor,
  standingRecords,
} from '../intake/revised-drafts.ts';
import { tierDifference } from '../intake/tier-difference.ts';
import { paperDraft } from '../papers/paper-draft.ts';
import { type RepositoryFacts, readRepository } from '../papers/pipeline-facts.ts';
import { type Paper, readPaper } from '../papers/read-paper.ts';
import type { Session } from '../session.ts';
import type { Draft } from '../signing/person-statement.ts';
import { describeRecorded, signAndRecord } from '../signing/sign-and-record.ts';

export const propose: Command = {
  name: 'propose',
  summary: 'intake of a model and its use: the owner proposes, model risk tiers',
  description:
    'The owner signs the inventory entry (intake/model.yaml or options) and the intended use. With --tier, model risk signs the tier that the questionnaire computes, scope per pack, fair-lending status, groups and floors (intake/*.yaml), and duties (intake/roles.yaml or --assign). Run again, scope and duties that stand unchanged are not signed again.',
  example:
    'countersign propose examples/consumer-credit --business-line "retail credit" --jurisdiction US --as omar.owner',
  arguments: [
    {
      name: 'dir',
      summary: 'repository of the model; the current directory unless given',
      isOptional: true,
    },
  ],
  options: [
    { flags: '--tier', summary: 'model risk’s part: tier, scope, duties' },
    {
      flags: '--retier',
      summary: 'the tier alone, computed again from intake/questionnaire.yaml; shows what differs',
    },
    { flags: '--dry-run', summary: 'with --retier: show the difference and sign nothing' },
    { flags: '--name NAME', summary: 'name of the model for people' },
    { flags: '--purpose TEXT', summary: 'purpose; that of the intended-use paper unless given' },
    { flags: '--owner ACCOUNT', summary: 'owner; the author of the intended use unless given' },
    {
      flags: '--developer ACCOUNT',
      summary: 'developer; the author of the design rationale unless given',
    },
    { flags: '--business-line TEXT', summary: 'business line' },
    { flags: '--jurisdiction CODE', summary: 'where it is used', isRepeated: true },
    {
      flags: '--assign ACCOUNT=ROLE',
      summary: 'with --tier: a duty on this model',
      isRepeated: true,
    },
    { flags: '--competence TEXT', summary: 'with --assign: why they can' },
    { flags: '--conflicts TEXT', summary: 'with --assign: declared conflicts' },
  ],
  run: runPropose,
};

async function runPropose(input: Input, session: Session): Promise<Outcome> {
  const directory = resolve(session.cwd, input.optionalArgument('dir') ?? '.');
  const facts = readRepository(directory);
  if (facts.use === undefined)
    throw usage(`\`${directory}\` names no use`, 'write `use:` in countersign.yaml');
  const target = { ...facts, use: facts.use };
  if (input.flag('retier')) return retier(input, session, target);
  const drafts = input.flag('tier')
    ? await riskDrafts(input, session, target)
    : await ownerDrafts(input, session, target);
  const recorded = await signAndRecord(session, drafts);
  return done(
    { model: facts.model, use: facts.use, records: recorded },
    ...recorded.map(describeRecorded),
  );
}

type Repository = RepositoryFacts & { readonly use: string };

async function ownerDrafts(
  input: Input,
  session: Session,
  facts: Repository,
): Promise<readonly Draft[]> {
  const paper = paperOf(facts, 'intended-use');
  const use = await paperDraft(session, paper, facts);
  if (use !== undefined) {
    const body = paper.bytes;
    await session.client().call(blobRoutes.put, { body, contentType: 'application/octet-stream' });
  }
  const { workspace } = session.profile();
  const entry = entryDraft(
    { workspace, model: facts.model },
    entryContent(input, facts, paper),
    await newestOf(session, { type: 'inventory-entry', model: facts.model }),
  );
  return use === undefined ? [entry] : [entry, use];
}

function paperOf(facts: RepositoryFacts, id: string): Paper {
  const file = facts.papers[id];
  if (file === undefined) throw usage(`\`papers\` of countersign.yaml names no ${id}`);
  const path = join(facts.directory, file);
  try {
    return readPaper(path, readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError(
      'file_missing',
      `\`${path}\` cannot be read; check \`papers\` of countersign.yaml`,
      { cause },
    );
  }
}

function entryContent(input: Input, facts: Repository, intended: Paper): InventoryEntryContent {
  const written = readModel(facts.directory);
  const option = (name: string, fallback: () => string): string =>
    input.optionalText(name) ?? fallback();
  const jurisdictions = input.list('jurisdiction');
  const stated = intended.content.sections.find(({ heading }) => heading === 'Purpose')?.markdown;
  return {
    name: option('name', () => written?.name ?? facts.model),
    purpose: option('purpose', () => written?.purpose ?? stated ?? intended.content.title),
    owner: option('owner', () => written?.owner ?? intended.content.author),
    developer: option(
      'developer',
      () => written?.developer ?? paperOf(facts, 'design-rationale').content.author,
    ),
    origin: written?.origin ?? 'built',
    businessLine: option(
      'business-line',
      () => written?.businessLine ?? missing('--business-line'),
    ),
    jurisdictions:
      jurisdictions.length > 0
        ? jurisdictions
        : (written?.jurisdictions ?? missing('--jurisdiction')),
    uses: written?.uses ?? [facts.use],
    ...factsOf(written),
  };
}

/** What intake/model.yaml says beyond the members that options can give; options leave it as it is. */
function factsOf(written: Model | undefined): Partial<InventoryEntryContent> {
  if (written === undefined) return {};
  const { name, purpose, owner, developer, origin, businessLine, jurisdictions, uses, ...facts } =
    written;
  return structuredClone(facts) as Partial<InventoryEntryContent>; // absent members stay absent
}

function missing(option: string): never {
  throw usage(`\`${option}\` is missing`, 'give it, or write intake/model.yaml');
}

/** A tier that is computed again supersedes the one before: approvals that rested on that one count no more. */
async function retier(input: Input, session: Session, facts: Repository): Promise<Outcome> {
  const draft = await tierDraft(session, facts);
  const { workspace } = session.profile();
  const wanted = { type: 'risk-tier', model: facts.model, use: facts.use };
  const [newest] = await listRecords(session.client(), wanted);
  const before = newest && (await toldRecord(session.client(), newest.digest)).content;
  const difference = tierDifference(before, draft.content);
  const shown = { model: facts.model, use: facts.use, workspace, difference };
  if (difference.isSame) return done(shown, ...difference.lines);
  if (input.flag('dry-run')) return done(shown, ...difference.lines, 'nothing was signed');
  for (const line of difference.lines) session.io.err(line);
  const recorded = await signAndRecord(session, [draft]);
  return done({ ...shown, records: recorded }, ...recorded.map(describeRecorded));
}

async function riskDrafts(
  input: Input,
  session: Session,
  facts: Repository,
): Promise<readonly Draft[]> {
  const { workspace } = session.profile();
  const subjectRef: SubjectRef = { workspace, model: facts.model, use: facts.use };
  const scope = readScope(facts.directory);
  const tier = await tierDraft(session, facts);
  const inScope: IntakeSubject = { type: 'scope-determination', scope: 'use', subjectRef };
  const standing = await standingRecords(session.client(), inScope);
  const determinations = revisedDrafts(inScope, scope.packs, standing);
  return [...determinations, tier, ...(await dutyDrafts(input, session, facts))];
}

async function tierDraft(session: Session, facts: Repository): Promise<Draft> {
  const { workspace } = session.profile();
  const scope = readScope(facts.directory);
  const answers = readAnswers(facts.directory);
  const policy = await policyInForce(
    session.client(),
    'questionnaire',
    z.looseObject({ questionnaire: z.json() }),
  );
  const questionnaire = questionnaireInForce(policy.value.questionnaire);
  const computed = tierOfAnswers(questionnaire, answers);
  session.progress(`${computed.points} points: tier ${computed.computed}`);
  const content: RiskTierContent = {
    ...computed,
    tier: scope.tier ?? computed.computed,
    ...(scope.override === undefined ? {} : { override: scope.override }),
    fairLending: scope.fairLending,
    groups: scope.groups,
    floors: scope.floors,
  };
  const supersedes = await newestOf(session, {
    type: 'risk-tier',
    model: facts.model,
    use: facts.use,
  });
  return signedTier({ workspace, model: facts.model, use: facts.use }, content, {
    questionnaire: policy.digest,
    supersedes,
  });
}

async function dutyDrafts(
  input: Input,
  session: Session,
  facts: Repository,
): Promise<readonly Draft[]> {
  const { workspace } = session.profile();
  const duties: IntakeSubject = {
    type: 'role-assignment',
    scope: 'model',
    subjectRef: { workspace, model: facts.model },
  };
  const standing = await standingRecords(session.client(), duties);
  const written = readRoles(facts.directory)?.assignments ?? [];
  const given = assigned(input).map((duty): RoleAssignmentContent => {
    // A duty that is given again began when it was first given.
    const from = standingFor(standing, duties.type, duty)?.content.from;
    return { ...duty, from: typeof from === 'string' ? from : session.now() };
  });
  // The command line is said later than the file.
  const named = [...written, ...given].map(
    (duty) => [`${duty.principal}=${duty.role}`, duty] as const,
  );
  return revisedDrafts(duties, [...new Map(named).values()], standing);
}

function assigned(input: Input): readonly Omit<RoleAssignmentContent, 'from'>[] {
  return input.list('assign').map((text) => {
    const [principal = '', role = '', ...rest] = text.split('=');
    if (principal === '' || role === '' || rest.length > 0) {
      throw usage(`\`${text}\` is not ACCOUNT=ROLE, as in \`vera.validator=validator\``);
    }
    return {
      principal,
      role,
      competence: input.optionalText('competence') ?? 'holds the role by an enrolled key',
      conflicts: input.optionalText('conflicts') ?? 'none declared',
    };
  });
}

/** An intake that is made again supersedes the record before. */
async function newestOf(
  session: Session,
  filter: { readonly type: string; readonly model: string; readonly use?: string },
): Promise<string | undefined> {
  const [newest] = await listRecords(session.client(), filter);
  return newest?.digest;
}
