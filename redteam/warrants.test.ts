// SPDX-License-Identifier: Apache-2.0
// A warrant used where, when or after it does not hold; and a gateway without server, without database, with a wrong clock.
import type { Gateway, GatewayOptions } from '@countersign/gateway';
import type { Json } from '@countersign/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decideAt } from './attacked-gateway.ts';
import { type AttackersServer, attackersServer, warrantDraft } from './attackers-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';

let firm: FirmUnderAttack;
let evil: AttackersServer;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
beforeEach(async () => {
  evil = await attackersServer(firm);
});
afterEach(() => evil.close());
afterAll(() => firm?.close());

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** A second warrant for the version whose approvals were all given, by the platform's key. */
async function warrantWith(over: { readonly [member: string]: Json }): Promise<string> {
  const { candidate, productionRequest } = firm.live;
  const platform = await firm.serviceSigner('platform');
  return evil.forge(warrantDraft(candidate, productionRequest, over), platform);
}

const ending = async (kind: string, warrant = firm.live.production) =>
  evil.forge(
    {
      type: 'deployment-record',
      kind,
      producer: 'human',
      actor: 'mia',
      subjectRef: firm.live.candidate.ref,
      content: { warrant, environment: 'production', reason: `${kind} for the red team` },
    },
    await firm.signer('mia'),
  );

describe('a warrant', () => {
  test.each<[string, { readonly [member: string]: Json }, RegExp]>([
    ['RT-230 that has expired', { expires: inDays(-0.001) }, /expired at/],
    ['RT-231 that has not begun', { notBefore: inDays(1), expires: inDays(2) }, /starts at/],
  ])('%s is refused', async (_, over, says) => {
    await evil.refuses(await warrantWith(over), { says });
  });

  test('RT-232 for staging lets nothing answer in production, nor the other way round', async () => {
    const { staging, production } = firm.live;
    const byVerifier = false; // it judges each warrant for its own stage
    await evil.refuses(staging, {
      says: /for staging, not production|no warrant lets/,
      byVerifier,
    });
    const refused = {
      environment: 'staging',
      says: /for production, not staging|no warrant lets/,
    } as const;
    await evil.refuses(production, { ...refused, byVerifier });
  });

  test('RT-233 of a demonstration firm is refused by a gateway that serves real people', async () => {
    const says = /demonstration mode/;
    await evil.refuses(firm.live.production, { production: true, byVerifier: false, says });
  });

  test.each(['revoke', 'suspend', 'retire'])(
    'RT-234 ended by %s is refused, though a status lists it',
    async (kind) => {
      await ending(kind);
      await evil.refuses(firm.live.production, { byVerifier: false, says: /ended by record/ });
    },
  );

  test('RT-235 is not brought back by a resume that one person signed', async () => {
    const suspension = await ending('suspend');
    await evil.forge(
      {
        type: 'deployment-record',
        kind: 'resume',
        producer: 'human',
        actor: 'omar',
        subjectRef: firm.live.candidate.ref,
        content: {
          warrant: firm.live.production,
          environment: 'production',
          reason: 'back again',
          suspension,
          finding: suspension,
        },
      },
      await firm.signer('omar'),
    );
    await evil.refuses(firm.live.production, { byVerifier: false, says: /ended by record/ });
  });

  test('RT-236 cannot be ended by whoever does not answer for the model', async () => {
    const before = await firm.state();
    for (const [account, status, code] of [
      ['dana', 403, 'not_permitted'],
      ['ada', 403, 'not_permitted'],
      ['clerk', 403, 'not_permitted'],
      ['audit', 403, 'not_permitted'],
    ] as const) {
      const envelope = await firm.sign(
        {
          type: 'deployment-record',
          kind: 'revoke',
          scope: 'version',
          actor: account,
          subjectRef: firm.live.candidate.ref,
          content: { warrant: firm.live.production, environment: 'production', reason: 'spite' },
        },
        account,
      );
      await firm.refused(await firm.send(account, envelope), { status, code });
      evil.add(envelope);
    }
    expect(evil.set().rejected).toHaveLength(4);
    const gateway = await evil.accepts(firm.live.production);
    expect(await decideAt(gateway)).toBe('200');
    await gateway.close();
    await firm.unchanged(before);
  });
});

describe('a gateway', () => {
  let nowMs: number;
  let gateway: Gateway;
  const start = async (change: Partial<GatewayOptions> = {}) => {
    nowMs = Date.now();
    evil.lies.status = (status) => ({
      ...status,
      time: new Date(nowMs).toISOString(),
      live: [firm.live.production],
    });
    gateway = await firm.startGateway({
      name: 'gateway-5',
      feeds: [{ kind: 'server', url: evil.url }],
      nowMs: () => nowMs,
      ...change,
    });
    expect(await decideAt(gateway)).toBe('200');
  };
  afterEach(() => gateway?.close());

  test('RT-237 that never hears of a revocation, its server being away, stops when its status is stale', async () => {
    await start();
    await ending('revoke');
    evil.lies.down = true;
    nowMs += 59_000;
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({
      code: 'server_unreachable',
    });
    expect(await decideAt(gateway)).toBe('200');
    nowMs += 2_000;
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({
      code: 'server_unreachable',
    });
    expect(await decideAt(gateway)).toBe('fallback status_stale');
  });

  test('RT-238 whose clock is set back to before the status answers nothing', async () => {
    await start();
    nowMs -= 3_600_000;
    expect(await decideAt(gateway)).toBe('fallback status_stale');
  });

  test('RT-239 whose clock is set forward answers nothing until a status of that time comes', async () => {
    await start();
    const honest = Date.now();
    nowMs += 3_600_000;
    evil.lies.status = (status) => ({ ...status, time: new Date(honest).toISOString() });
    await gateway.deployments.refresh().catch(() => undefined);
    expect(await decideAt(gateway)).toBe('fallback status_stale');
  });

  test('RT-240 whose clock is held still within the status does not outlive an ending it is told of', async () => {
    await start();
    evil.lies.status = (status) => ({ ...status, time: new Date(nowMs).toISOString(), live: [] });
    await gateway.deployments.refresh();
    expect(await decideAt(gateway)).toMatch(/^fallback warrant_/);
  });
});

describe('the log of decisions', () => {
  test('RT-229 takes a batch from a gateway’s key and from no other', async () => {
    const batch = evil.entries.find(({ statement }) => statement.predicate.type === 'decision-log');
    const { predicate } = batch!.statement;
    const { founding: _founding, claimedAt: _claimedAt, ...rest } = predicate;
    for (const signer of [
      await firm.serviceSigner('platform'),
      await firm.serviceSigner('log'),
      await firm.signer('dana'),
      await firm.signer('ada'),
    ]) {
      const forged = await evil.forge(rest, signer);
      expect(evil.set().rejected.at(-1)).toEqual({
        digest: forged,
        reason: expect.stringMatching(/no enrolled key signed|must be signed by the gateway key/),
      });
    }
  });

  test('RT-241 is read by duty: not by administrators, developers or users, and each attempt is on record', async () => {
    const before = await firm.state();
    for (const account of ['ada', 'dana', 'clerk']) {
      const reply = await firm.as(account).get('/v1/decisions');
      await firm.refused(reply, { status: 403, code: 'not_permitted' });
    }
    await firm.unchanged(before);
  });
});
