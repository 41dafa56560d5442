// SPDX-License-Identifier: Apache-2.0
// Whoever holds the log's key, or the way between server and gateway: two histories, an older one, a status of their own.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gateway, GatewayOptions } from '@countersign/gateway';
import { verifyBundle } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decideAt } from './attacked-gateway.ts';
import { type AttackersServer, attackersServer } from './attackers-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';

let firm: FirmUnderAttack;
let evil: AttackersServer;
let stateDir: string;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
beforeEach(async () => {
  evil = await attackersServer(firm);
  stateDir = mkdtempSync(join(tmpdir(), 'countersign-redteam-'));
  evil.lies.status = (status) => ({ ...status, live: [firm.live.production] });
});
afterEach(() => evil.close());
afterAll(() => firm?.close());

let count = 0;
/** A gateway over the attacker's server, with a memory of its own that lasts for the case. */
async function watching(change: Partial<GatewayOptions> = {}): Promise<Gateway> {
  count += 1;
  return firm.startGateway({
    name: `watcher-${count}`,
    feeds: [{ kind: 'server', url: evil.url }],
    stateDir,
    ...change,
  });
}

/** The same gateway started again: it remembers what it saw. */
const again = () => watching({ name: `watcher-${count}` }).finally(() => undefined);

const another = (reason: string) =>
  firm.signer('mia').then((mia) =>
    evil.forge(
      {
        type: 'incident-record',
        producer: 'human',
        actor: 'mia',
        subjectRef: { workspace: 'main', model: 'another' },
        scope: 'model',
        content: { reason },
      },
      mia,
    ),
  );

async function revoke(): Promise<string> {
  return evil.forge(
    {
      type: 'deployment-record',
      kind: 'revoke',
      producer: 'human',
      actor: 'mia',
      subjectRef: firm.live.candidate.ref,
      content: { warrant: firm.live.production, environment: 'production', reason: 'drift' },
    },
    await firm.signer('mia'),
  );
}

describe('two histories of the stolen log key', () => {
  test('RT-220 two roots for one size are a fork, whichever comes second', async () => {
    await another('one history');
    const gateway = await watching();
    expect(await decideAt(gateway)).toBe('200');
    evil.entries.pop();
    await another('the other history');
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({ code: 'log_fork' });
    expect(await decideAt(gateway)).toBe('fallback log_fork');
    await gateway.close();
    await expect(again()).rejects.toMatchObject({ code: 'log_fork' });
  });

  test('RT-221 a history that takes back a revocation and goes on is refused, also after a restart', async () => {
    const gateway = await watching();
    await revoke();
    evil.lies.status = (status) => ({ ...status, live: [] });
    await gateway.deployments.refresh();
    expect(await decideAt(gateway)).toBe('fallback warrant_revoked');
    evil.entries.pop();
    await another('instead of the revocation');
    await another('and longer than before');
    evil.lies.status = (status) => ({ ...status, live: [firm.live.production] });
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({ code: 'log_fork' });
    expect(await decideAt(gateway)).toBe('fallback log_fork');
    await gateway.close();
    await expect(again()).rejects.toMatchObject({ code: 'log_fork' });
  });

  test('RT-222 a restored backup, signed anew, is a log that went back', async () => {
    await another('since the backup');
    const gateway = await watching();
    evil.entries.pop();
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({ code: 'log_rollback' });
    expect(await decideAt(gateway)).toBe('fallback log_rollback');
    await gateway.close();
    await expect(again()).rejects.toMatchObject({ code: 'log_rollback' });
  });

  test('RT-223 records proven in one tree under a status of another are refused', async () => {
    evil.lies.status = (status) => ({
      ...status,
      root: 'ab'.repeat(32),
      live: [firm.live.production],
    });
    await expect(watching()).rejects.toMatchObject({ code: 'log_fork' });
    delete evil.lies.status;
    evil.lies.checkpoint = (checkpoint) => ({ ...checkpoint, root: new Uint8Array(32).fill(7) });
    const verified = verifyBundle(p, await evil.bundle(), firm.root);
    expect(verified).toMatchObject({ ok: false, reason: expect.stringMatching(/not in the log/) });
    await expect(watching()).rejects.toThrow(/not in the log/);
  });
});

describe('one history, of which something is left out', () => {
  test.each([false, true])(
    'RT-227 a revocation once learnt stays learnt when records leave it out and the status takes it back (restarted: %s)',
    async (restarted) => {
      let gateway = await watching();
      const revocation = await revoke();
      evil.lies.status = (status) => ({ ...status, live: [] });
      await gateway.deployments.refresh();
      expect(await decideAt(gateway)).toBe('fallback warrant_revoked');
      evil.lies.status = (status) => ({ ...status, live: [firm.live.production] });
      evil.lies.bundle = (bundle) => ({
        ...bundle,
        records: bundle.records.filter(({ index }) => evil.entries[index]?.digest !== revocation),
      });
      if (restarted) {
        await gateway.close();
        gateway = await again();
      } else {
        await gateway.deployments.refresh();
      }
      expect(await decideAt(gateway)).toBe('fallback warrant_revoked');
      await gateway.close();
    },
  );
});

describe('a status that is not the log’s', () => {
  test('RT-224 signed by the platform, the gateway or a person is no status', async () => {
    for (const signer of [
      await firm.serviceSigner('platform'),
      await firm.serviceSigner('gateway'),
      await firm.signer('ada'),
    ]) {
      evil.lies.statusSigner = signer;
      await expect(watching()).rejects.toThrow(/signed by no log key/);
    }
  });

  test('RT-225 of another firm, older than one seen, or from the future changes nothing that is held', async () => {
    const gateway = await watching();
    for (const [lie, says] of [
      [{ founding: 'ab'.repeat(32) }, /another founding record/],
      [{ time: '2020-01-01T00:00:00.000Z' }, /older than one seen before/],
      [{ time: new Date(Date.now() + 3_600_000).toISOString() }, /clock is behind/],
    ] as const) {
      evil.lies.status = (status) => ({ ...status, ...lie, live: [] });
      await expect(gateway.deployments.refresh()).rejects.toThrow(says);
      expect(gateway.deployments.held().warrants.map(({ warrant }) => warrant)).toEqual([
        firm.live.production,
      ]);
    }
  });

  test('RT-226 that lists a warrant the records do not carry makes nothing answer', async () => {
    const { digest } = evil.entries.find(
      ({ statement }) => statement.predicate.type === 'model-spec',
    )!;
    for (const warrant of ['ab'.repeat(32), digest, firm.live.staging]) {
      evil.lies.status = (status) => ({ ...status, live: [warrant] });
      await expect(watching()).rejects.toThrow(/no warrant|counts in the log/);
    }
  });
});
