// SPDX-License-Identifier: Apache-2.0
import { noticesRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import {
  channelState,
  chooseSettings,
  listSent,
  noticeSettings,
  pendingNotices,
  reviveMessage,
  rotateWebhookSecret,
  setMailPassword,
  testChannels,
} from '../../notices/index.ts';
import { recordEvent } from '../audit.ts';
import { type Call, registerRoute } from '../register-route.ts';

export function registerNoticesRoutes(app: FastifyInstance, context: ServerContext): void {
  registerReading(app, context);
  registerSettings(app, context);
  registerChannels(app, context);
}

function registerReading(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, noticesRoutes.mine, ({ actor, query }) =>
    listSent(context, { ...query, account: actor.account }),
  );
  registerRoute(app, context, noticesRoutes.minePending, ({ actor }) =>
    pendingNotices(context, actor.account),
  );
  registerRoute(app, context, noticesRoutes.all, ({ query }) => listSent(context, query));
  registerRoute(app, context, noticesRoutes.allPending, () => pendingNotices(context));
}

function registerSettings(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, noticesRoutes.settings, ({ actor }) =>
    noticeSettings(context, actor.account),
  );
  registerRoute(app, context, noticesRoutes.setSettings, async (call) => {
    const { actor, body } = call;
    if (body.address !== undefined && actor.via.kind === 'token') {
      throw new ServerError(
        'scope_missing',
        'an API token does not change where somebody is written to, whatever its scopes: sign in for that',
        { details: { action: 'notices:settings' } },
      );
    }
    const after = await chooseSettings(context, actor.account, body);
    await audit(context, call, {
      action: 'notices:settings',
      subject: actor.account,
      reason: `e-mail ${after.email}${body.address === undefined ? '' : ' to another address'}`,
    });
    return after;
  });
}

function registerChannels(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, noticesRoutes.channels, () => channelState(context));
  registerRoute(app, context, noticesRoutes.setPassword, async (call) => {
    await setMailPassword(context, call.body.password);
    await audit(context, call, {
      action: 'notices:manage',
      subject: 'smtp',
      reason: 'set the password of the mail server',
    });
    return { stored: true as const };
  });
  registerRoute(app, context, noticesRoutes.rotateSecret, async (call) => {
    const made = await rotateWebhookSecret(context, call.params.name);
    await audit(context, call, {
      action: 'notices:manage',
      subject: call.params.name,
      reason: 'made a new secret of the webhook',
    });
    return made;
  });
  registerRoute(app, context, noticesRoutes.test, async (call) => {
    const { results } = await testChannels(context, call.actor.account);
    await audit(context, call, {
      action: 'notices:manage',
      subject: 'test',
      reason: results
        .map(({ channel, ok }) => `${channel} ${ok ? 'took it' : 'failed'}`)
        .join(', '),
    });
    return { results };
  });
  registerRoute(app, context, noticesRoutes.retry, async (call) => {
    const { id } = call.params;
    const { workspace } = context;
    if (!(await reviveMessage(context.database.db, { workspace, id, now: context.now() }))) {
      throw new ServerError('notice_unknown', `no message \`${id}\` has been given up`, {
        details: { id },
      });
    }
    await audit(context, call, { action: 'notices:manage', subject: id, reason: 'tries it again' });
    return { queued: id };
  });
}

function audit(
  context: ServerContext,
  { actor, requestId }: Pick<Call, 'actor' | 'requestId'>,
  event: { readonly action: string; readonly subject: string; readonly reason: string },
): Promise<void> {
  return recordEvent(context, {
    ...event,
    account: actor.account,
    outcome: 'allowed',
    requestId,
  });
}
