// SPDX-License-Identifier: Apache-2.0
import {
  attestationCampaigns,
  attestationDraft,
  nextFindingId,
  opensFinding,
  REVIEW_FINDING_DAYS,
  reviewDrafts,
  reviewSchedule,
} from '@countersign/kernel';
import { listWarrants } from '../warrants.ts';
import { type ActContext, type ActOf, type DraftedAct, refusedAct } from './act.ts';

const DAY_MS = 86_400_000;

export function review(act: ActOf<'review'>, at: ActContext): DraftedAct {
  const { set, workspace, now } = at;
  const { model, use, outcome, rationale, evidence } = act;
  const entry = reviewSchedule(set, { workspace, now, model }).find((one) => one.use === use);
  if (entry === undefined) throw refusedAct('use', `\`${model}\` has no tier for \`${use}\``);
  const warrants = listWarrants(set, { workspace, now, model, live: true }).filter(
    (one) => one.use === use,
  );
  const finding = opensFinding(outcome) ? findingOf(act, at) : undefined;
  const words = { outcome, rationale, evidence, ...(finding === undefined ? {} : { finding }) };
  const facts = { triggers: entry.triggers, warrants };
  return { drafts: reviewDrafts({ workspace, model, use }, words, facts) };
}

function findingOf({ model, outcome, owner, due }: ActOf<'review'>, at: ActContext) {
  if (owner === undefined)
    throw refusedAct('owner', `outcome \`${outcome}\` opens a finding: name who answers it`);
  const later = new Date(Date.parse(at.now) + REVIEW_FINDING_DAYS * DAY_MS);
  return {
    id: nextFindingId(at.set, at.workspace, model),
    owner,
    due: due ?? later.toISOString().slice(0, 10),
  };
}

export function attest(act: ActOf<'attest'>, { set, workspace, now }: ActContext): DraftedAct {
  const { model, answer, note } = act;
  const campaign = attestationCampaigns(set, { workspace, now }).find(
    (one) => one.campaign === act.campaign,
  );
  if (campaign === undefined)
    throw refusedAct('campaign', `no campaign \`${act.campaign}\` has been opened`);
  const asked = campaign.answers.find((one) => one.model === model);
  if (asked === undefined)
    throw refusedAct('model', `no inventory entry of \`${model}\` is in force`);
  const given = { campaign: campaign.digest, entry: asked.entry, answer, note };
  return { drafts: [attestationDraft({ workspace, model }, given)] };
}
