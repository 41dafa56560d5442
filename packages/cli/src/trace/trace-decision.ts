// SPDX-License-Identifier: Apache-2.0
import { type DecisionReply, decisionsRoutes, recordRoutes } from '@countersign/contract';
import {
  fromBase64,
  isInForce,
  logKeysOf,
  type ModelSpecContent,
  parseLogLeaf,
  parseReceipt,
  type Receipt,
  type ReceiptVerdict,
  type RecordSet,
  verifyReceipt,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { verifiedBundle } from '../client/verified-records.ts';
import { CliError } from '../errors.ts';
import { short } from '../output/table.ts';
import type { Session } from '../session.ts';
import { isModelAnswer, type OpenedPart, openParts } from './decision-parts.ts';
import type { TraceNode } from './trace-tree.ts';
import { specOf, warrantChain } from './warrant-chain.ts';

export interface TracedDecision {
  readonly decision: DecisionReply;
  readonly parts: readonly OpenedPart[];
  readonly tree: TraceNode;
  readonly spec?: ModelSpecContent;
  readonly set?: RecordSet;
}

/** The chain from an answer back to the data, each link verified here from signatures and proofs. */
export async function traceDecision(session: Session, id: string): Promise<TracedDecision> {
  const decision = await session.client().call(decisionsRoutes.get, { params: { id } });
  if (decision.id !== id)
    throw new CliError('server_answer_invalid', `the server sent decision \`${decision.id}\``);
  const anchor = decision.warrant ?? (await anyWarrant(session, decision));
  const { set } = await verifiedBundle(session, anchor);
  const record = decision.warrant === null ? undefined : specOf(set, decision.warrant);
  // The platform signed this record; its shape is its own writer's.
  const spec = record?.statement.predicate.content as unknown as ModelSpecContent | undefined;
  const parts = openParts(nodePrimitives, decision, spec);
  const receipt = await receiptNode(session, decision, set);
  const warrant = decision.warrant === null ? [] : [warrantNode(set, decision, decision.warrant)];
  const tree: TraceNode = {
    title: `decision ${decision.id}: ${describeAnswer(decision)}`,
    notes: [
      `${decision.model}@${decision.version ?? '?'} for ${decision.use ?? '?'} at ${decision.at}`,
    ],
    children: [receipt, partsNode(parts), ...warrant, ...aftermath(decision)],
  };
  return { decision, parts, tree, set, ...(spec === undefined ? {} : { spec }) };
}

/** A fallback answers because a warrant does not hold: that it does not is no fault of the answer. */
function warrantNode(set: RecordSet, decision: DecisionReply, warrant: string): TraceNode {
  const chain = warrantChain(set, warrant, decision.at);
  if (decision.kind !== 'fallback' || isModelAnswer(decision)) return chain;
  const { holds: _, ...judged } = chain;
  const { fallback, message } = headerTexts(decision);
  return {
    title: `fallback ${fallback}, in place of the model`,
    notes: [message],
    children: [judged],
  };
}

function headerTexts({ header }: DecisionReply): { fallback: string; message: string } {
  const object = typeof header === 'object' && header !== null && !Array.isArray(header);
  const text = (name: string) =>
    object && name in header ? String((header as { readonly [key: string]: unknown })[name]) : '';
  return { fallback: text('fallback'), message: text('message') };
}

/** A refusal may name no warrant; the keys that signed it are in any bundle of the model. */
async function anyWarrant(session: Session, decision: DecisionReply): Promise<string> {
  const { records } = await session.client().call(recordRoutes.list, {
    query: { type: 'model-artifact', model: decision.model, limit: 1 },
  });
  const [first] = records;
  if (first !== undefined) return first.digest;
  throw new CliError(
    'not_found',
    `nothing is recorded of model \`${decision.model}\` to verify the refusal against`,
  );
}

function describeAnswer({ kind, output, header }: DecisionReply): string {
  const row =
    typeof output === 'object' && output !== null && !Array.isArray(output) ? output : undefined;
  const said = row !== undefined && 'decision' in row ? row.decision : undefined;
  if (typeof said === 'string') return said;
  const code =
    typeof header === 'object' && header !== null && 'code' in header ? header.code : undefined;
  return typeof code === 'string' ? `${kind} (${code})` : kind;
}

async function receiptNode(
  session: Session,
  decision: DecisionReply,
  set: RecordSet,
): Promise<TraceNode> {
  const plain = parseReceipt(decision.receipt);
  const { record, checkpoint } = await session
    .client()
    .call(recordRoutes.proof, { params: { digest: decision.batch } });
  const receipt: Receipt = {
    ...plain,
    log: { index: record.index, leaf: record.leaf, proof: record.proof, checkpoint },
  };
  const { time } = parseLogLeaf(fromBase64(record.leaf));
  const keys = [...set.register.values()].filter(
    (key) =>
      key.holder.kind === 'service' && key.holder.service === 'gateway' && isInForce(key, time),
  );
  const trust = { logName: set.founding.logOrigin, logKeys: logKeysOf(set) };
  const verdicts = keys.map(({ key, holder }) => ({
    name: holder.kind === 'service' ? holder.name : '',
    verdict: verifyReceipt(nodePrimitives, receipt, { gatewayKey: key, ...trust }),
  }));
  const good = verdicts.find(({ verdict }) => verdict.ok);
  const isOwn = plain.decision === decision.id && plain.leaf === decision.leaf;
  const reasons = verdicts.flatMap(({ verdict }) => reasonsOf(verdict));
  return {
    title: `receipt: answer ${plain.index + 1} of ${plain.size} in batch ${short(decision.batch)}`,
    holds: good !== undefined && isOwn,
    notes:
      good === undefined || !isOwn
        ? reasons.length > 0
          ? reasons
          : ['it is another decision’s receipt']
        : [
            `signed by ${good.name}; the batch is in the log at ${record.index}, under a signed checkpoint`,
          ],
  };
}

function reasonsOf(verdict: ReceiptVerdict): readonly string[] {
  return verdict.ok ? [] : [verdict.reason];
}

function partsNode(parts: readonly OpenedPart[]): TraceNode {
  const names = (state: OpenedPart['state']) =>
    parts.filter((one) => one.state === state).map(({ name }) => name);
  const destroyed = names('destroyed');
  const differs = names('differs');
  return {
    title: 'what was asked and answered is what the leaf commits to',
    holds: differs.length === 0,
    notes: [
      ...(names('opens').length > 0 ? [`opened: ${names('opens').join(', ')}`] : []),
      ...(destroyed.length > 0
        ? [`destroyed: ${destroyed.join(', ')}; the proof stands without them`]
        : []),
      ...(differs.length > 0 ? [`does NOT open: ${differs.join(', ')}`] : []),
    ],
  };
}

function aftermath({ actions, outcomes }: DecisionReply): readonly TraceNode[] {
  const node = (name: string, rows: readonly unknown[]): readonly TraceNode[] =>
    rows.length === 0
      ? []
      : [
          {
            title: `${name}${rows.length === 1 ? '' : ` (${rows.length})`}`,
            notes: rows.map((row) => JSON.stringify(row)),
          },
        ];
  return [...node('what the firm did', actions), ...node('what turned out', outcomes)];
}
