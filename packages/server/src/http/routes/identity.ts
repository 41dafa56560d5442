// SPDX-License-Identifier: Apache-2.0
import { type AccountBody, identityRoutes, type Person } from '@countersign/contract';
import { type EnrolledKey, keyStanding } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { ServerContext } from '../../context.ts';
import type { Account, NewAccount } from '../../identity/index.ts';
import { keysOf, rolesOf } from '../../identity/index.ts';
import { listEvents } from '../audit.ts';
import { registerRoute } from '../register-route.ts';
import { registerAccountLocks } from './account-locks.ts';
import { registerIdentityLinks } from './identity-links.ts';

export function registerIdentityRoutes(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, identityRoutes.me, async ({ actor }) => ({
    ...presentPerson(context, actor),
    // With those of the session's groups.
    roles: [...actor.roles],
    root: context.root,
    firm: context.founding.firm,
    workspace: context.workspace,
    demonstration: context.founding.demonstration,
  }));
  registerRoute(app, context, identityRoutes.people, async () => {
    const accounts = await context.identity.accounts();
    return {
      people: accounts.map((account) => presentPerson(context, account)),
      services: [...context.records.register().values()].flatMap(presentService),
    };
  });
  registerRoute(app, context, identityRoutes.createAccount, async ({ actor, body }) =>
    context.identity.createAccount(newAccount(body, actor.account)),
  );
  registerIdentityLinks(app, context);
  registerAccountLocks(app, context);
  registerRoute(app, context, identityRoutes.audit, ({ query }) => listEvents(context, query));
}

function newAccount(body: z.infer<typeof AccountBody>, createdBy: string): NewAccount {
  const { password, identity, ...named } = body;
  return {
    ...named,
    createdBy,
    ...(password === undefined ? {} : { password }),
    ...(identity === undefined ? {} : { identity }),
  };
}

function presentPerson(context: ServerContext, account: Account): Person {
  const register = context.records.register();
  return {
    account: account.account,
    name: account.printedName,
    email: account.email,
    roles: [...rolesOf(register, account.account, context.now())],
    keys: keysOf(register, account.account).map((key) => presentKey(key, context.now())),
    ...(account.locked === undefined
      ? {}
      : { locked: { ...account.locked, at: account.locked.at.toISOString() } }),
  };
}

function presentKey(enrolled: EnrolledKey, now: string) {
  const { key, holder, effectiveFrom, enrolledBy, endings } = enrolled;
  const person = holder.kind === 'person' ? holder : undefined;
  const { webauthn, ...plain } = key;
  return {
    ...plain,
    ...(webauthn === undefined
      ? {}
      : { webauthn: { ...webauthn, origins: [...webauthn.origins] } }),
    roles: [...(person?.roles ?? [])],
    ...(person?.team === undefined ? {} : { team: person.team }),
    effectiveFrom,
    enrolledBy,
    standing: keyStanding(enrolled, now),
    endings: endings.map(({ kind, at, record }) => ({ kind, at, record })),
    ...(person?.limits === undefined
      ? {}
      : { limits: { ...person.limits, models: [...person.limits.models] } }),
  };
}

function presentService({ key, holder }: EnrolledKey) {
  return holder.kind === 'service' ? [{ ...key, service: holder.service, name: holder.name }] : [];
}
