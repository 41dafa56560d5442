// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  type Fate,
  type Json,
  judgeThing,
  type KindCount,
  newestPolicyDocument,
  PLAN_THINGS_MAX,
  type PlannedThing,
  RETENTION_POLICY_KIND,
  type RetentionFacts,
  type RetentionPlan,
  type StoredThing,
  type ThingKind,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { refuseUnknownModel } from '../registry/index.ts';
import { retentionFacts } from './retention-facts.ts';
import { storedThings, type ThingFilter } from './stored-things.ts';

export interface PlanQuestion extends ThingFilter {
  /** Judged for this time; now unless given. It may lie ahead: a dry run shows what would go by then. */
  readonly at?: string | undefined;
  /** Things to list one by one. */
  readonly rows?: number | undefined;
}

type Total = KindCount & {
  readonly state: Fate['state'];
  readonly things: number;
  readonly from?: string;
  readonly until?: string;
  readonly why: string;
};

export interface PlannedRow {
  readonly kind: ThingKind;
  readonly id: string;
  readonly count: number;
  readonly bytes: number;
  readonly state: Fate['state'];
  readonly until: string;
  readonly rule: string;
  readonly holds: string;
  readonly why: string;
}

const ROWS_MAX = 20_000;

/**
 * The dry run: everything that is stored, judged. Reads and deletes nothing.
 * @throws ServerError `model_unknown` for a model of which there is neither a record nor anything stored
 */
export async function planRetention(context: ServerContext, question: PlanQuestion) {
  const at = question.at ?? context.now();
  const set = await context.records.current();
  const reading = { db: context.database.db, set };
  const facts = await retentionFacts(context, reading, at);
  const view = new PlanView(Math.min(question.rows ?? 0, ROWS_MAX));
  const { workspace, dataDir, blobs } = context;
  const now = context.now();
  // What was stored just now has settled by a day ahead; a plan for one is never carried out.
  const judgedAt = { workspace, dataDir, blobs, now: () => (at > now ? at : now) };
  for await (const thing of storedThings(judgedAt, reading, question)) {
    view.add(thing, judgeThing(facts, thing, at));
  }
  const policy = newestPolicyDocument(set, RETENTION_POLICY_KIND)?.digest;
  const told = view.told();
  if (question.model !== undefined && told.totals.length === 0) {
    refuseUnknownModel(set, context.workspace, question.model);
  }
  return {
    reply: {
      at,
      ...(policy === undefined ? {} : { policy }),
      notices: noticesOf(facts),
      holds: facts.holds.length,
      ...told,
    },
    policy,
    due: view.due,
    left: view.left,
  };
}

/**
 * The dry run under a name: what may go now, oldest first, as a blob that a sweep can name by its digest.
 * @throws ServerError `plan_refused` for a time to come, without a policy, or with nothing due; `model_unknown`
 */
export async function saveRetentionPlan(context: ServerContext, question: PlanQuestion) {
  const now = context.now();
  const at = question.at ?? now;
  if (at > now)
    throw planRefused(
      `\`${at}\` is to come: a plan that can be carried out is for a time that has passed`,
    );
  const { reply, due, left, policy } = await planRetention(context, { ...question, at, rows: 0 });
  if (policy === undefined)
    throw planRefused('no retention policy has been signed: everything is kept');
  if (due.length === 0) throw planRefused(`nothing is due before ${at}: there is no plan to keep`);
  const plan: RetentionPlan = { v: 1, founding: context.root, at, policy, things: due, left };
  const bytes = canonicalBytes(plan as unknown as Json); // an interface of readonly members is JSON
  const { digest } = await context.blobs.put(bytes);
  return { ...reply, digest, things: due.length, left };
}

function planRefused(message: string): ServerError {
  return new ServerError('plan_refused', message);
}

function noticesOf({ policies }: RetentionFacts) {
  return policies.flatMap(({ digest, until }) =>
    until === undefined ? [] : [{ ...(digest === undefined ? {} : { policy: digest }), until }],
  );
}

/** Totals of what was judged, the first rows, and what is due. */
class PlanView {
  readonly #rowsMax: number;
  readonly #totals = new Map<string, Total>();
  readonly #rows: PlannedRow[] = [];
  #seen = 0;
  #goes = { things: 0, count: 0, bytes: 0 };
  /** Oldest due first. */
  due: PlannedThing[] = [];
  left = 0;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  add(thing: StoredThing, fate: Fate): void {
    this.#seen += 1;
    const { kind, id, count, bytes } = thing;
    const rule = fate.by?.rule ?? 'none';
    const key = `${kind} ${fate.state} ${rule}`;
    const total = this.#totals.get(key) ?? zero({ kind, rule, state: fate.state, why: fate.why });
    this.#totals.set(key, added(total, thing, fate));
    if (this.#rows.length < this.#rowsMax) {
      const holds = fate.holds.map((one) => one.id).join(' ');
      const { state, until, why } = fate;
      this.#rows.push({ kind, id, count, bytes, state, until, rule, holds, why });
    }
    if (fate.state !== 'goes') return;
    const { things, count: counted, bytes: sum } = this.#goes;
    this.#goes = { things: things + 1, count: counted + count, bytes: sum + bytes };
    this.#name({ kind: kind as PlannedThing['kind'], id, count, bytes, rule, since: fate.until }); // only destroyable kinds go
  }

  #name(thing: PlannedThing): void {
    this.due.push(thing);
    // Kept in check while it grows, so that a long log fits into memory.
    if (this.due.length >= 2 * PLAN_THINGS_MAX) this.#trim();
  }

  #trim(): void {
    this.due.sort((a, b) =>
      a.since === b.since ? compare(a.id, b.id) : compare(a.since, b.since),
    );
    this.left += Math.max(0, this.due.length - PLAN_THINGS_MAX);
    this.due = this.due.slice(0, PLAN_THINGS_MAX);
  }

  told() {
    this.#trim();
    const totals = [...this.#totals.values()].sort(
      (a, b) => compare(a.kind, b.kind) || compare(a.state, b.state) || compare(a.rule, b.rule),
    );
    return { goes: this.#goes, totals, rows: this.#rows, rowsLeft: this.#seen - this.#rows.length };
  }
}

function zero(of: Pick<Total, 'rule' | 'state' | 'why'> & { readonly kind: ThingKind }): Total {
  return { ...of, kind: of.kind as Total['kind'], things: 0, count: 0, bytes: 0 }; // totals also name what never goes
}

function added(total: Total, { count, bytes }: StoredThing, { until }: Fate): Total {
  const sum = {
    ...total,
    things: total.things + 1,
    count: total.count + count,
    bytes: total.bytes + bytes,
  };
  if (until === 'open' || until === 'for-ever') return sum;
  const from = total.from === undefined || until < total.from ? until : total.from;
  const last = total.until === undefined || until > total.until ? until : total.until;
  return { ...sum, from, until: last };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
