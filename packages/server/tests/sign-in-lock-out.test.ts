// SPDX-License-Identifier: Apache-2.0
import type { ErrorReply } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type TestServer, testServer } from './server-fixture.ts';
import { auditRows, type SignInApp, signInApp, signInByPassword } from './sign-in-fixture.ts';

const MINUTE = 60_000;
let server: TestServer;
let at: SignInApp;
beforeAll(async () => {
  server = await testServer();
  at = signInApp(server);
});
afterAll(async () => {
  await at.app.close();
  await server.close();
});

const wrong = (account: string) =>
  signInByPassword(at.app, { account, password: 'wrong password 1' });

async function fail(account: string, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) expect((await wrong(account)).statusCode).toBe(401);
}

describe('an account whose password is guessed', () => {
  test('takes no password after ten failures, the right one neither, from no address', async () => {
    await fail('legal', 10);
    const right = await signInByPassword(at.app, { account: 'legal' });
    expect(right.statusCode).toBe(401);
    expect(right.cookies).toEqual([]);
    at.ahead(14 * MINUTE);
    expect((await signInByPassword(at.app, { account: 'legal' })).statusCode).toBe(401);
    at.ahead(MINUTE);
    expect((await signInByPassword(at.app, { account: 'legal' })).statusCode).toBe(200);
  });

  test('rests twice as long the next time', async () => {
    await fail('exec', 10);
    at.ahead(15 * MINUTE);
    await fail('exec', 10);
    at.ahead(29 * MINUTE);
    expect((await signInByPassword(at.app, { account: 'exec' })).statusCode).toBe(401);
    at.ahead(MINUTE);
    expect((await signInByPassword(at.app, { account: 'exec' })).statusCode).toBe(200);
  });

  test('is not told from one that nobody has, before, in and after a lock-out', async () => {
    const messages = new Set<string>();
    for (const account of ['risk', 'no.such.person']) {
      for (let n = 0; n < 12; n += 1) {
        const answer = await wrong(account);
        const { error } = answer.json<ErrorReply>();
        messages.add(`${answer.statusCode} ${error.code} ${error.message}`);
      }
    }
    expect(messages.size).toBe(1);
  });

  test('costs a stranger the same time whether locked out, known or unknown', async () => {
    // The fastest of eight: whatever else the machine does only ever adds to it.
    const fastest = async (account: string): Promise<number> => {
      const times: number[] = [];
      for (let n = 0; n < 8; n += 1) {
        const start = performance.now();
        await wrong(account);
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    await fail('audit', 10);
    const times = [await fastest('audit'), await fastest('ops'), await fastest('nobody.at.all')];
    // Without the work of a password's hash an answer takes a tenth of the time.
    expect(Math.min(...times)).toBeGreaterThan(Math.max(...times) / 3);
  });

  test('sixty guesses at once get ten looks', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        signInByPassword(at.app, {
          account: 'val',
          // The right one comes last: whoever asks in parallel must not get it looked at.
          password: n < 59 ? `wrong password ${n}` : PASSWORD,
        }),
      ),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 401).length).toBeGreaterThanOrEqual(
      59,
    );
    const row = await server.database.db
      .selectFrom('password_failure')
      .innerJoin('account', 'account.auth_user', 'password_failure.attempted')
      .selectAll()
      .where('account.account', '=', 'val')
      .executeTakeFirst();
    expect(row).toMatchObject({ failures: 10, strikes: 1 });
  });

  test('ten wrong current passwords at the change of password lock it out too', async () => {
    const unmoved = signInApp(server);
    const browser = await unmoved.signIn('clerk');
    const change = (currentPassword: string) =>
      browser.send('POST', '/v1/auth/change-password', {
        currentPassword,
        newPassword: 'another long password',
      });
    for (let n = 0; n < 10; n += 1) expect((await change('wrong password 1')).statusCode).toBe(400);
    expect((await change(PASSWORD)).statusCode).toBe(429);
    expect((await signInByPassword(unmoved.app, { account: 'clerk' })).statusCode).toBe(401);
    expect((await browser.get('/v1/me')).statusCode).toBe(200);
    await unmoved.app.close();
  });

  test('leaves the lock-out in the audit, and no password', async () => {
    const rows = await auditRows(server);
    const lockOut = rows.filter(({ action }) => action === 'lock-out');
    expect(lockOut.map(({ subject }) => subject)).toContain('legal@first-river-bank.example');
    const { rows: all } = await server.context.database.pool.query<{ row: string }>(
      'SELECT to_json(e)::text AS row FROM audit_event e',
    );
    expect(all.some(({ row }) => row.includes('wrong password') || row.includes(PASSWORD))).toBe(
      false,
    );
  });
});
