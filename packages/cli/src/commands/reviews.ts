// SPDX-License-Identifier: Apache-2.0
import {
  type CampaignsReply,
  governanceRoutes,
  type ReviewsReply,
  reviewsRoutes,
} from '@countersign/contract';
import {
  attestationDraft,
  endOfDay,
  opensFinding,
  REVIEW_FINDING_DAYS,
  REVIEW_OUTCOMES,
  type ReviewOutcome,
  type ReviewSubject,
  type ReviewWords,
  reviewDrafts,
} from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signAndRecord, signOne } from '../signing/sign-and-record.ts';

export const reviews: Command = {
  name: 'reviews',
  summary: 'when each model is looked at again, the most pressing first',
  example: 'countersign reviews --due 30d',
  options: [
    { flags: '--due DAYS', summary: 'due within so many days or triggered, as in 30d' },
    { flags: '--overdue', summary: 'past their due date' },
    { flags: '--model MODEL', summary: 'of one model' },
  ],
  run: listReviews,
};

export const reviewsRecord: Command = {
  name: 'reviews record',
  summary: 'sign a review: the model stands, is to be validated again, restricted or retired',
  description:
    'By a validator or model risk who built no version of it. `revalidate` and `restrict` open a blocking finding, `restrict` also suspends and `retire` retires the live warrants; all of it is recorded together or not at all.',
  example:
    'countersign reviews record consumer-credit --use underwriting --outcome stands --rationale "drift is within limits" --as vera.validator',
  arguments: [{ name: 'model', summary: 'the model' }],
  options: [
    { flags: '--use USE', summary: 'the use', isRequired: true },
    {
      flags: '--outcome OUTCOME',
      summary: 'what follows',
      isRequired: true,
      choices: REVIEW_OUTCOMES,
    },
    { flags: '--rationale TEXT', summary: 'why', isRequired: true },
    { flags: '--evidence DIGEST', summary: 'record that was looked at', isRepeated: true },
    { flags: '--owner ACCOUNT', summary: 'who answers the finding it opens' },
    { flags: '--due DATE', summary: 'until when the finding is answered' },
  ],
  run: recordReview,
};

export const reviewsWorkload: Command = {
  name: 'reviews workload',
  summary: 'what waits for each validator',
  example: 'countersign reviews workload',
  run: showWorkload,
};

export const reviewsCampaign: Command = {
  name: 'reviews campaign',
  summary: 'ask every owner to confirm their inventory entries',
  example:
    'countersign reviews campaign 2026-h2 --title "half-year attestation" --due 2026-12-15 --as mia.risk',
  arguments: [{ name: 'campaign', summary: 'its name' }],
  options: [
    { flags: '--title TEXT', summary: 'in a line', isRequired: true },
    { flags: '--due DATE', summary: 'until when', isRequired: true },
  ],
  run: openCampaign,
};

export const reviewsCampaigns: Command = {
  name: 'reviews campaigns',
  summary: 'attestation campaigns and who has answered',
  example: 'countersign reviews campaigns --campaign 2026-h2',
  options: [{ flags: '--campaign NAME', summary: 'one, with every answer' }],
  run: showCampaigns,
};

export const reviewsAttest: Command = {
  name: 'reviews attest',
  summary: 'confirm or dispute the inventory entry of a model I own',
  example:
    'countersign reviews attest consumer-credit --campaign 2026-h2 --note "uses and limits are right" --as omar.owner',
  arguments: [{ name: 'model', summary: 'the model' }],
  options: [
    { flags: '--campaign NAME', summary: 'the campaign', isRequired: true },
    { flags: '--dispute', summary: 'the entry is wrong; the note says how' },
    { flags: '--note TEXT', summary: 'what was looked at', isRequired: true },
  ],
  run: attest,
};

type ReviewRow = ReviewsReply['reviews'][number];
const PAGES_MAX = 100;

async function listReviews(input: Input, session: Session): Promise<Outcome> {
  const found: ReviewRow[] = [];
  let offset: number | undefined = 0;
  for (let page = 0; page < PAGES_MAX && offset !== undefined; page += 1) {
    const reply: ReviewsReply = await session.client().call(reviewsRoutes.reviews, {
      query: {
        model: input.optionalText('model'),
        due: daysOf(input.optionalText('due')),
        overdue: input.flag('overdue') ? 'true' : undefined,
        offset,
      },
    });
    found.push(...reply.reviews);
    offset = reply.next;
  }
  const lines = table(
    ['model', 'use', 'tier', 'state', 'due', 'days', 'last', 'outcome', 'called for by'],
    found.map((one) => [
      one.model,
      one.use,
      one.tier,
      one.state,
      one.due?.slice(0, 10),
      one.daysLeft,
      one.from === undefined ? '' : `${one.from.what} ${one.from.at.slice(0, 10)}`,
      one.last?.content.outcome,
      one.triggers.map(({ text }) => text).join('; '),
    ]),
  );
  return done(found, ...(lines.length === 0 ? ['none'] : lines));
}

function daysOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const digits = /^(\d{1,5})d?$/.exec(text)?.[1];
  if (digits === undefined) throw usage(`\`--due\` is days, as in \`30d\`, not \`${text}\``);
  return Number(digits);
}

const DAY_MS = 86_400_000;

async function recordReview(input: Input, session: Session): Promise<Outcome> {
  const subject = {
    workspace: session.profile().workspace,
    model: input.argument('model'),
    use: input.text('use'),
  };
  const { reviews: found } = await session
    .client()
    .call(reviewsRoutes.reviews, { query: { model: subject.model } });
  const entry = found.find(({ use }) => use === subject.use);
  if (entry === undefined) {
    throw new CliError('not_found', `\`${subject.model}\` has no tier for \`${subject.use}\``);
  }
  const evidence: string[] = [];
  for (const text of input.list('evidence')) {
    evidence.push(await resolveDigest(session.client(), text));
  }
  const outcome = outcomeOf(input.text('outcome'));
  const finding = opensFinding(outcome) ? await findingOf(input, session, subject) : undefined;
  const rationale = input.text('rationale');
  const words = { outcome, rationale, evidence, ...(finding === undefined ? {} : { finding }) };
  const facts = { triggers: entry.triggers, warrants: await liveWarrants(session, subject) };
  const recorded = await signAndRecord(session, reviewDrafts(subject, words, facts));
  return done(
    { review: recorded[0], follows: recorded.slice(1) },
    ...recorded.map(describeRecorded),
  );
}

function outcomeOf(text: string): ReviewOutcome {
  const found = REVIEW_OUTCOMES.find((one) => one === text);
  if (found === undefined) throw usage(`\`${text}\` is not one of ${REVIEW_OUTCOMES.join(', ')}`);
  return found;
}

/** The number of the finding that an outcome opens, who answers it and until when. */
async function findingOf(
  input: Input,
  session: Session,
  subject: ReviewSubject,
): Promise<NonNullable<ReviewWords['finding']>> {
  const { nextId } = await session
    .client()
    .call(governanceRoutes.findings, { query: { model: subject.model } });
  if (nextId === undefined)
    throw new CliError('server_answer_invalid', 'the server gave no number for the finding');
  const owner = input.optionalText('owner');
  if (owner === undefined) {
    const outcome = input.text('outcome');
    throw usage(`outcome \`${outcome}\` opens a finding: name who answers it with --owner`);
  }
  const later = new Date(session.io.now().getTime() + REVIEW_FINDING_DAYS * DAY_MS);
  const due = dayOf(input.optionalText('due') ?? later.toISOString().slice(0, 10));
  return { id: nextId, owner, due };
}

async function liveWarrants(session: Session, { model, use }: ReviewSubject) {
  const { warrants } = await session
    .client()
    .call(governanceRoutes.warrants, { query: { model, live: 'true' } });
  return warrants.filter((one) => one.use === use);
}

async function showWorkload(_input: Input, session: Session): Promise<Outcome> {
  const { validators } = await session.client().call(reviewsRoutes.workload);
  const lines = table(
    ['validator', 'validations', 'reviews', 'findings', 'which'],
    validators.map((one) => [
      one.validator,
      one.validations.length,
      one.reviews.length,
      one.findings.length,
      [...one.validations, ...one.reviews, ...one.findings].join(', '),
    ]),
  );
  return done(validators, ...(lines.length === 0 ? ['nobody holds the role validator'] : lines));
}

async function openCampaign(input: Input, session: Session): Promise<Outcome> {
  const recorded = await signOne(session, {
    type: 'periodic-review',
    kind: 'attestation-campaign',
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    content: {
      campaign: input.argument('campaign'),
      title: input.text('title'),
      due: dayOf(input.text('due')),
    },
  });
  return done(recorded, describeRecorded(recorded));
}

function dayOf(text: string): string {
  if (endOfDay(text) !== undefined) return text;
  throw usage(`\`--due\` must be a date like \`2026-12-31\`, not \`${text}\``);
}

async function showCampaigns(input: Input, session: Session): Promise<Outcome> {
  const name = input.optionalText('campaign');
  const found = await campaignsOf(session, name);
  const lines =
    name === undefined
      ? table(
          ['campaign', 'title', 'due', 'confirmed', 'disputed', 'waiting', ''],
          found.map((one) => [
            one.campaign,
            one.title,
            one.due,
            one.confirmed,
            one.disputed,
            one.waiting,
            one.overdue ? 'overdue' : '',
          ]),
        )
      : table(
          ['model', 'owner', 'answer', 'at', 'note'],
          found.flatMap(({ answers }) =>
            answers.map((one) => [one.model, one.owner, one.state, one.at, one.note]),
          ),
        );
  return done(found, ...(lines.length === 0 ? ['none'] : lines));
}

async function campaignsOf(
  session: Session,
  campaign: string | undefined,
): Promise<CampaignsReply['campaigns']> {
  const { campaigns } = await session
    .client()
    .call(reviewsRoutes.campaigns, { query: { campaign } });
  return campaigns;
}

async function attest(input: Input, session: Session): Promise<Outcome> {
  const model = input.argument('model');
  const name = input.text('campaign');
  const [campaign] = await campaignsOf(session, name);
  if (campaign === undefined)
    throw new CliError('not_found', `no campaign \`${name}\` has been opened`);
  const asked = campaign.answers.find((one) => one.model === model);
  if (asked === undefined)
    throw new CliError('not_found', `no inventory entry of \`${model}\` is in force`);
  const draft = attestationDraft(
    { workspace: session.profile().workspace, model },
    {
      campaign: campaign.digest,
      entry: asked.entry,
      answer: input.flag('dispute') ? 'disputed' : 'confirmed',
      note: input.text('note'),
    },
  );
  const recorded = await signOne(session, draft);
  return done(recorded, describeRecorded(recorded));
}
