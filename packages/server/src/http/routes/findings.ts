// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, REGISTER_PAGE, reviewsRoutes } from '@countersign/contract';
import {
  accountOf,
  attestationCampaigns,
  EXTENSIONS_MAX_DEFAULT,
  findingsAgeing,
  holdsRole,
  isInForce,
  type Json,
  nextFindingId,
  nextOverlayId,
  overlaysRegister,
  policyInForce,
  type RecordSet,
  reviewSchedule,
  validatorWorkload,
} from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { findingsRegister, listExceptions, overrideTrend } from '../../governance/index.ts';
import { registerRoute } from '../register-route.ts';

/** Findings, exceptions, reviews, overlays and campaigns: registers computed from records at each request. */
export function registerFindingsRoutes(app: FastifyInstance, context: AppContext): void {
  registerFindings(app, context);
  registerReviews(app, context);
  registerOverlays(app, context);
}

function registerFindings(app: FastifyInstance, context: AppContext): void {
  const { workspace, now } = context;
  registerRoute(app, context, governanceRoutes.findings, async ({ query }) => {
    const { offset, overdue, ...filter } = query;
    const set = await context.records.current();
    const at = { workspace, now: now(), overdue: truth(overdue), ...filter };
    const all = findingsRegister(set, at);
    const { items, ...paging } = pageOf(all, offset);
    return {
      findings: items.map(({ content, ...one }) => ({ ...one, content: json(content) })),
      ageing: findingsAgeing(all),
      ...paging,
      extensionsMax: policyInForce(set)?.findings?.extensionsMax ?? EXTENSIONS_MAX_DEFAULT,
      ...(query.model === undefined ? {} : { nextId: nextFindingId(set, workspace, query.model) }),
    };
  });
  registerRoute(app, context, governanceRoutes.exceptions, async ({ query }) => {
    const { offset, ...filter } = query;
    const set = await context.records.current();
    const all = listExceptions(set, { workspace, now: now(), ...filter });
    const { items, ...paging } = pageOf(all, offset);
    return { exceptions: items.map(json), ...paging };
  });
}

function registerReviews(app: FastifyInstance, context: AppContext): void {
  const { workspace, now } = context;
  registerRoute(app, context, reviewsRoutes.reviews, async ({ query }) => {
    const set = await context.records.current();
    const overdue = truth(query.overdue);
    const all = reviewSchedule(set, { workspace, now: now(), model: query.model }).filter(
      ({ state, daysLeft }) => {
        if (overdue !== undefined && (state === 'overdue') !== overdue) return false;
        if (query.due === undefined) return true;
        return state === 'triggered' || (daysLeft !== undefined && daysLeft <= query.due);
      },
    );
    const { items, ...paging } = pageOf(all, query.offset);
    return { reviews: items, ...paging };
  });
  registerRoute(app, context, reviewsRoutes.workload, async () => {
    const set = await context.records.current();
    const time = now();
    const validators = validatorsOf(set, time);
    return { validators: validatorWorkload(set, { workspace, now: time, validators }) };
  });
  registerRoute(app, context, reviewsRoutes.campaigns, async ({ query }) => {
    const set = await context.records.current();
    const all = attestationCampaigns(set, { workspace, now: now() });
    const wanted = all.filter(
      ({ campaign }) => query.campaign === undefined || campaign === query.campaign,
    );
    return { campaigns: wanted.slice(0, REGISTER_PAGE) };
  });
}

function registerOverlays(app: FastifyInstance, context: AppContext): void {
  const { workspace, now } = context;
  registerRoute(app, context, reviewsRoutes.overlays, async ({ query }) => {
    const { offset, ...filter } = query;
    const set = await context.records.current();
    const all = overlaysRegister(set, { workspace, now: now(), ...filter });
    const { items, ...paging } = pageOf(all, offset);
    const nextId =
      query.model === undefined ? {} : { nextId: nextOverlayId(set, workspace, query.model) };
    return { overlays: items, ...paging, ...nextId };
  });
  registerRoute(app, context, reviewsRoutes.overrides, ({ query }) =>
    overrideTrend(context, { model: query.model }),
  );
}

/** Accounts with a key in force that acts as validator. */
function validatorsOf(set: RecordSet, now: string): readonly string[] {
  const keys = [...set.register.values()].filter(
    (key) => isInForce(key, now) && holdsRole(key, 'validator'),
  );
  return [...new Set(keys.map(accountOf))].sort();
}

function pageOf<T>(
  all: readonly T[],
  offset = 0,
): { readonly items: readonly T[]; readonly total: number; readonly next?: number } {
  const next = offset + REGISTER_PAGE;
  const items = all.slice(offset, next);
  return next < all.length ? { items, total: all.length, next } : { items, total: all.length };
}

function truth(text: 'true' | 'false' | undefined): boolean | undefined {
  return text === undefined ? undefined : text === 'true';
}

/** Interfaces of readonly members are JSON, which TypeScript cannot see. */
function json(value: object): Json {
  return value as Json;
}
