// SPDX-License-Identifier: Apache-2.0
import { identityRoutes, type Person } from '@countersign/contract';
import type { EnrolledKey } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import type { Account } from '../../identity/index.ts';
import { keysOf, rolesOf } from '../../identity/index.ts';
import { listEvents } from '../audit.ts';
import { registerRoute } from '../register-route.ts';

export function registerIdentityRoutes(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, identityRoutes.me, async ({ actor }) => ({
    ...presentPerson(context, actor),
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
    context.identity.createAccount({ ...body, createdBy: actor.account }),
  );
  registerRoute(app, context, identityRoutes.audit, ({ query }) => listEvents(context, query));
}

function presentPerson(context: ServerContext, account: Account): Person {
  const register = context.records.register();
  return {
    account: account.account,
    name: account.printedName,
    email: account.email,
    roles: [...rolesOf(register, account.account, context.now())],
    keys: keysOf(register, account.account).map(presentKey),
  };
}

function presentKey({ key, holder, effectiveFrom, enrolledBy }: EnrolledKey) {
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
  };
}

function presentService({ key, holder }: EnrolledKey) {
  return holder.kind === 'service' ? [{ ...key, service: holder.service, name: holder.name }] : [];
}
