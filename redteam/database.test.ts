// SPDX-License-Identifier: Apache-2.0
// SQL as the application's role and as the database's owner, with and without the platform's stolen key.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRecord, recordsOfType } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { readLoggedRecords, verifyLog } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { forgedPromotion, insertAsOwner } from '../packages/cli/src/demo/forged-firm.ts';
import { fixtureServer } from '../packages/gateway/tests/fixture-server.ts';
import { connectClient } from '../packages/server/src/store/database.ts';
import { testLedger, untilSize } from '../packages/server/tests/ledger.ts';
import { decideAt } from './attacked-gateway.ts';
import { attackersServer, warrantDraft } from './attackers-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';
import { logIdentityOf } from './log-identity.ts';

let firm: FirmUnderAttack;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
afterAll(() => firm?.close());

/** Whole audit of log and database; the places that it names. */
async function auditedPlaces(): Promise<readonly string[]> {
  const { published, blobs, database } = firm.server.context;
  const log = logIdentityOf(firm);
  const { problems } = await verifyLog({ published, blobs, log, pool: database.pool });
  return problems.map(({ place, reason }) => `${place}: ${reason}`);
}

describe('the application’s role', () => {
  const tables = ['record', 'record_link', 'log_entry', 'log_tile', 'checkpoint'];
  const decisions = ['decision', 'decision_batch', 'decision_key', 'action', 'outcome'];
  test('RT-211 changes, deletes and truncates nothing that is recorded, and lifts no guard', async () => {
    const before = await firm.state();
    await firm.sqlAsApplication(async (sql) => {
      const attempts = [
        ...[...tables, ...decisions].flatMap((table) => [
          `UPDATE ${table} SET workspace = 'other'`,
          `DELETE FROM ${table}`,
          `TRUNCATE ${table}`,
          `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
          `DROP TABLE ${table}`,
        ]),
        'UPDATE audit_event SET reason = NULL',
        'DELETE FROM audit_event',
        `SET session_replication_role = replica`,
        `SET ROLE postgres`,
        `CREATE ROLE mallory SUPERUSER`,
        `GRANT countersign_grants TO CURRENT_USER WITH ADMIN OPTION`,
        `COPY (SELECT 1) TO PROGRAM 'true'`,
        `SELECT pg_read_file('/etc/passwd')`,
      ];
      for (const text of attempts) {
        const refused = await sql.query(text).then(
          () => undefined,
          (error: { code: string }) => error.code,
        );
        expect([text, refused]).toEqual([
          text,
          expect.stringMatching(/^(42501|22023|42704|0LP01)$/),
        ]);
      }
    });
    await firm.unchanged(before);
  });
});

describe('the database’s owner', () => {
  test('RT-212 forges request, approvals and warrant, and none of them counts', async () => {
    const before = await firm.state();
    const set = await firm.server.context.records.current();
    const staging = set.byDigest.get(firm.live.stagingRequest)!;
    const envelopes = await forgedPromotion(set, staging);
    await firm.sqlAsOwner((sql) => insertAsOwner(sql as never, envelopes));
    const rejected = async () => (await firm.server.context.records.current()).rejected;
    await expect.poll(async () => (await rejected()).length).toBe(envelopes.length);
    for (const { reason } of await rejected())
      expect(reason).toMatch(/no enrolled key signed this|must be signed by/);
    expect(await firm.state()).toEqual({ ...before, records: before.records + envelopes.length });
    const forged = (await rejected()).at(-1)!.digest;
    const evil = await attackersServer(firm);
    const gatewaySays = /no enrolled key signed this|must be signed by|no warrant lets/;
    await evil.refuses(forged, {
      says: /no enrolled key signed this|must be signed by/,
      gatewaySays,
    });
    await evil.close();
  });

  test('RT-213 puts up a whole other firm, whose root is not the one that gateways know', async () => {
    const other = await fixtureServer();
    const { root } = other.firm;
    expect(root).not.toBe(firm.root);
    await expect(
      firm.startGateway({ feeds: [{ kind: 'server', url: other.url }] }),
    ).rejects.toThrow(/founding record/);
    await other.close();
  });

  test('RT-214 mints with the stolen platform key what nobody approved, and no status lists it', async () => {
    const before = await firm.state();
    const { candidate, change } = firm.open;
    const over = { environment: 'staging' };
    const warrant = await firm.recorder.add(warrantDraft(candidate, change, over), 'platform');
    await firm.server.context.checkpoints.waitForCheckpoint(warrant);
    expect(await firm.state()).toEqual({ ...before, records: before.records + 1 });
    const evil = await attackersServer(firm);
    await evil.refuses(warrant, {
      environment: 'staging',
      says: /1 approval by validator missing/,
    });
    await evil.close();
  });

  test('RT-215 changes the cutoff with triggers off and in replica role, and is named and refused', async () => {
    const { spec } = firm.live.candidate;
    const change = (from: string, to: string) =>
      firm.sqlAsOwner(async (sql) => {
        await sql.query('SET session_replication_role = replica');
        await sql.query('ALTER TABLE record DISABLE TRIGGER ALL');
        const text = `UPDATE record SET payload = convert_to(replace(convert_from(payload, 'UTF8'), $1, $2), 'UTF8') WHERE digest = $3`;
        expect((await sql.query(text, [from, to, spec])).rowCount).toBe(1);
      });
    const evil = await attackersServer(firm);
    await change('"cutoff":"0.3"', '"cutoff":"0.9"');
    try {
      const { index } = (await firm.server.context.records.current()).byDigest.get(spec)!;
      expect((await auditedPlaces()).join('\n')).toMatch(new RegExp(`entry ${index}\\b`));
      const { database, blobs } = firm.server.context;
      const read = readLoggedRecords(database.db, blobs, { to: Number.MAX_SAFE_INTEGER });
      await expect(read).rejects.toMatchObject({ code: 'ledger_corrupt' });
    } finally {
      await change('"cutoff":"0.9"', '"cutoff":"0.3"');
    }
    expect(await auditedPlaces()).toEqual([]);
    // The log's key signs a tree over the rewritten bytes too: the warrant names the digest of the approved ones.
    const at = evil.entries.findIndex(({ digest }) => digest === spec);
    const { envelope, index, loggedAt } = evil.entries[at]!;
    const text = Buffer.from(envelope.payload, 'base64').toString('utf8');
    const payload = Buffer.from(text.replace('"cutoff":"0.3"', '"cutoff":"0.9"')).toString(
      'base64',
    );
    evil.entries[at] = { ...readRecord(p, { ...envelope, payload }), index, loggedAt };
    await evil.refuses(firm.live.production, {
      says: /specification|does not count|no enrolled key/,
    });
    await evil.close();
    expect(await firm.decide()).toBe('200');
  });

  test('RT-216 dates a record otherwise, and the log no longer holds it', async () => {
    const evil = await attackersServer(firm);
    evil.lies.bundle = (bundle) => ({
      ...bundle,
      records: bundle.records.map((record) => {
        if (record.index !== 3) return record;
        const leaf = Buffer.from(record.leaf, 'base64').toString('utf8');
        const dated = leaf.replace(/"time":"20\d\d/, '"time":"1999');
        expect(dated).not.toBe(leaf);
        return { ...record, leaf: Buffer.from(dated).toString('base64') };
      }),
    });
    await evil.refuses(firm.live.production, { says: /is not in the log|times go back/ });
    await evil.close();
  });

  test('RT-217 rewrites the blob store, and no gateway serves what is not the approved bytes', async () => {
    const { files } = await manifestOf(firm);
    const digest = files[0]!.digest;
    const path = join(firm.server.dataDir, 'blobs', 'sha256', digest.slice(0, 2), digest);
    const sound = await readFile(path);
    const changed = Buffer.from(sound);
    changed[100]! ^= 1;
    await rm(path);
    await writeFile(path, changed);
    try {
      await expect(firm.startGateway()).rejects.toThrow(/could not be fetched|differ|not the file/);
    } finally {
      await rm(path);
      await writeFile(path, sound);
    }
    expect(await firm.decide()).toBe('200');
  });

  test('RT-218 deletes a revocation, and gateway and log both know that there was one', async () => {
    const { candidate, production } = firm.live;
    const known = await firm.startGateway({ name: 'gateway-3' });
    expect(await decideAt(known)).toBe('200');
    const revocation = await firm.recorder.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        subjectRef: candidate.ref,
        content: {
          warrant: production,
          environment: 'production',
          reason: 'the red team asks for it',
        },
      },
      'mia',
    );
    await firm.server.context.checkpoints.waitForCheckpoint(revocation);
    await known.deployments.refresh();
    expect(await decideAt(known)).toBe('fallback warrant_revoked');
    await firm.sqlAsOwner(async (sql) => {
      await sql.query('SET session_replication_role = replica');
      await sql.query('DELETE FROM log_entry WHERE record = $1', [revocation]);
      await sql.query('DELETE FROM record WHERE digest = $1', [revocation]);
    });
    expect((await auditedPlaces()).length).toBeGreaterThan(0);
    // And the gateway goes on refusing, whatever the status says, since its log would have to go back.
    await known.deployments.refresh().catch(() => undefined);
    expect(await decideAt(known)).toMatch(/^fallback/);
    expect(
      recordsOfType(await firm.server.context.records.current(), 'deployment-record').map(
        ({ digest }) => digest,
      ),
    ).toContain(revocation);
  });

  test('RT-219 empties the tables, and what was refused stays refused', async () => {
    // So many locks at once may be a deadlock with the server's own reading, which PostgreSQL ends on either side.
    await vi.waitFor(
      () =>
        firm.sqlAsOwner((sql) =>
          sql.query(
            'TRUNCATE record, record_link, log_entry, log_tile, checkpoint, unsequenced CASCADE',
          ),
        ),
      { timeout: 20_000 },
    );
    expect((await auditedPlaces()).length).toBeGreaterThan(0);
    await expect(firm.startGateway({ name: 'gateway-4' })).rejects.toThrow();
  });
});

async function manifestOf(at: FirmUnderAttack) {
  const set = await at.server.context.records.current();
  const [artifact] = recordsOfType(set, 'model-artifact');
  return artifact!.statement.predicate.content.manifest as unknown as {
    readonly files: readonly { readonly digest: string }[];
  };
}

describe('the published copy of the log, which the database is rebuilt from', () => {
  test('RT-242 takes no leaf that the database’s owner rewrote: the sequencer stops before it', async () => {
    const ledger = await testLedger();
    try {
      await ledger.append(0, 20);
      const sequencer = await ledger.sequence();
      await untilSize(sequencer, 20);
      const path = 'tile/entries/000.p/20';
      const sound = await ledger.published.get(path);
      expect(sound).toBeDefined();
      const redate = `UPDATE log_entry SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"time":"2', '"time":"1'), 'UTF8') WHERE index = 3`;
      const owner = await connectClient(ledger.database.ownerUrl);
      expect((await owner.query(redate)).rowCount).toBe(1);
      await owner.end();
      await ledger.append(20, 21);
      await expect
        .poll(() => sequencer.state(), { timeout: 10_000 })
        .toMatchObject({ name: 'refused', error: { code: 'ledger_fork' } });
      expect(await ledger.published.get(path)).toEqual(sound);
      expect(await ledger.published.get('tile/entries/000.p/21')).toBeUndefined();
      await sequencer.stop();
    } finally {
      await ledger.drop();
    }
  });
});
