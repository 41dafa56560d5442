// SPDX-License-Identifier: Apache-2.0
import { sign as cryptoSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  asOfIndex,
  attestedRoles,
  type Holder,
  type IdentityProvider,
  isInForce,
  judgeChangeRequest,
  keyEntryJson,
  keyStanding,
  type Predicate,
  publicKeyOf,
  type Role,
  rulesAt,
  type Signer,
  signCheckpoint,
  verifyBundle,
  verifyCheckpoint,
  verifyWarrant,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { approve, build, intake, produce, submit, validate } from './credit-model.ts';
import { type Firm, foundFirm, LOG_ORIGIN, newHolder, type Person, signPredicate } from './firm.ts';

const DAY = 1;
const person = (account: string, roles: readonly Role[], more: Partial<Holder> = {}): Person =>
  newHolder({ kind: 'person', account, roles, ...more } as Holder);

const entryOf = ({ signer, spki, holder }: Person) =>
  keyEntryJson({ key: publicKeyOf(p, signer.algorithm, spki), holder });

/** Logs a record of the firm, signed by whomever; the reason when it does not count. */
async function record(
  firm: Firm,
  draft: Pick<Predicate, 'type' | 'content'> & { readonly kind?: string; readonly actor?: string },
  signers: readonly Person[],
): Promise<{ readonly digest: string; readonly reason: string | undefined }> {
  const holder = signers[0]?.holder;
  const envelope = await signPredicate(
    {
      scope: 'firm',
      subjectRef: { workspace: 'main' },
      producer: 'human',
      actor: holder?.kind === 'person' ? holder.account : `service:${holder?.name}`,
      claimedAt: firm.now(),
      source: [],
      founding: firm.root,
      ...draft,
    },
    signers.map(({ signer }): Signer => signer),
  );
  const digest = firm.log(envelope);
  const reason = firm.set().rejected.find((one) => one.digest === digest)?.reason;
  return { digest, reason };
}

const enrol = (
  firm: Firm,
  newcomer: Person,
  signers: readonly Person[],
  more: Predicate['content'] = {},
) =>
  record(
    firm,
    {
      type: 'key-enrolment',
      content: { key: entryOf(newcomer), proofing: 'passport seen', ...more },
    },
    [...signers, newcomer],
  );

const change = (firm: Firm, kind: string, key: Person, signers: readonly Person[]) =>
  record(
    firm,
    { type: 'key-change', kind, content: { keyid: key.signer.keyid, reason: 'laptop lost' } },
    signers,
  );

const rotate = (
  firm: Firm,
  kind: 'rotate' | 'recover',
  administrators: readonly Person[],
  signers: readonly Person[],
  rules: { quorum?: number; delayHours?: number } = {},
) =>
  record(
    firm,
    {
      type: 'founding-rotation',
      kind,
      content: {
        quorum: 2,
        delayHours: 24,
        reason: 'alan leaves',
        ...rules,
        administrators: administrators.map(entryOf),
      },
    },
    signers,
  );

const standing = (firm: Firm, { signer }: Person) => {
  const key = firm.set().register.get(signer.keyid);
  return key === undefined ? 'unknown' : keyStanding(key, firm.now());
};

describe('a suspended key', () => {
  test.each(['ada', 'mia', 'vera'] as const)(
    'was suspended by one person, here %s, at once, and what it signed before stays',
    async (by) => {
      const firm = await foundFirm({ demonstration: false });
      const { vera } = firm.people;
      const before = await record(firm, { type: 'validation-report', content: {} }, [vera]);
      expect((await change(firm, 'suspend', vera, [firm.people[by]])).reason).toBeUndefined();
      expect(standing(firm, vera)).toBe('suspended');
      const after = await record(firm, { type: 'validation-report', content: {} }, [vera]);
      expect(after.reason).toMatch(/no enrolled key signed/);
      expect(firm.set().byDigest.has(before.digest)).toBe(true);
    },
  );

  test('cannot be suspended by somebody with neither duty nor hand in it', async () => {
    const firm = await foundFirm();
    const { vera, dana } = firm.people;
    expect((await change(firm, 'suspend', vera, [dana])).reason).toMatch(/suspended by its holder/);
    expect(standing(firm, vera)).toBe('in force');
  });

  test('comes back by a quorum without its holder, after the delay', async () => {
    const firm = await foundFirm({ demonstration: false });
    const { ada, alan, vera } = firm.people;
    await change(firm, 'suspend', vera, [ada]);
    expect((await change(firm, 'reinstate', vera, [ada])).reason).toMatch(/1 administrators, 2/);
    expect((await change(firm, 'reinstate', vera, [ada, alan])).reason).toBeUndefined();
    expect(standing(firm, vera)).toBe('suspended');
    firm.pass(DAY);
    expect(standing(firm, vera)).toBe('in force');
  });

  test('of an administrator is not reinstated by that administrator', async () => {
    const firm = await foundFirm();
    const { ada, alan } = firm.people;
    const third = person('third', ['administrator']);
    const own = person('alan', ['administrator']);
    await enrol(firm, third, [ada, alan]);
    await enrol(firm, own, [ada, third]);
    await change(firm, 'suspend', alan, [ada]);
    expect((await change(firm, 'reinstate', alan, [ada, own])).reason).toMatch(/of their own/);
    expect((await change(firm, 'reinstate', alan, [ada, third])).reason).toBeUndefined();
  });

  test('stays suspended when a second suspension follows the reinstatement', async () => {
    const firm = await foundFirm({ demonstration: false });
    const { ada, alan, vera } = firm.people;
    await change(firm, 'suspend', vera, [ada]);
    await change(firm, 'reinstate', vera, [ada, alan]);
    expect((await change(firm, 'suspend', vera, [ada])).reason).toBeUndefined();
    firm.pass(2 * DAY);
    expect(standing(firm, vera)).toBe('suspended');
  });

  test('takes its approvals with it that no warrant rests on yet', async () => {
    const firm = await foundFirm();
    const candidate = await build(firm, await intake(firm));
    const request = await submit(firm, candidate, 'staging');
    await validate(firm, candidate);
    const by = { by: 'vera', role: 'validator', gate: 'gate/validation' } as const;
    await approve(firm, candidate, request, by);
    const judged = () =>
      judgeChangeRequest(firm.set(), request, { phase: 'promote', now: firm.now() });
    expect(judged().missing).toEqual([]);
    await change(firm, 'suspend', firm.people.vera, [firm.people.ada]);
    expect(judged().missing.join('\n')).toMatch(/signed it stands suspended/);
  });

  test('leaves a warrant standing that was given before', async () => {
    const firm = await foundFirm();
    const { production: warrant } = await produce(firm);
    await change(firm, 'suspend', firm.people.vera, [firm.people.ada]);
    const environment = 'production';
    const question = { warrant, environment, now: firm.now(), production: false } as const;
    expect(verifyWarrant(firm.set(), question)).toMatchObject({ ok: true });
  });
});

describe('a retired key', () => {
  test('is retired by its holder and never comes back', async () => {
    const firm = await foundFirm();
    const { ada, alan, vera } = firm.people;
    expect((await change(firm, 'retire', vera, [vera])).reason).toBeUndefined();
    expect((await change(firm, 'reinstate', vera, [ada, alan])).reason).toMatch(/final/);
    expect((await enrol(firm, vera, [ada, alan])).reason).toMatch(/enrolled already/);
  });

  test('of the log or by one administrator alone is refused', async () => {
    const firm = await foundFirm();
    const { ada, alan, vera, log } = firm.people;
    expect((await change(firm, 'retire', vera, [ada])).reason).toMatch(/1 administrators/);
    expect((await change(firm, 'suspend', log, [ada, alan])).reason).toMatch(/is replaced/);
  });
});

describe('a replacement', () => {
  test('is confirmed by the old key itself, which retires when the new one takes effect', async () => {
    const firm = await foundFirm({ demonstration: false });
    const { ada, alan, lena } = firm.people;
    const fresh = person('lena', ['legal']);
    const more = { replaces: lena.signer.keyid };
    expect((await enrol(firm, fresh, [ada, alan], more)).reason).toMatch(/role `legal` confirmed/);
    expect((await enrol(firm, fresh, [ada, alan, lena], more)).reason).toBeUndefined();
    expect([standing(firm, fresh), standing(firm, lena)]).toEqual(['pending', 'in force']);
    firm.pass(DAY);
    expect([standing(firm, fresh), standing(firm, lena)]).toEqual(['in force', 'retired']);
  });

  test('by which the old key would give its holder a further role is refused', async () => {
    const firm = await foundFirm();
    const { ada, alan, lena } = firm.people;
    const more = { replaces: lena.signer.keyid };
    const wider = person('lena', ['legal', 'executive']);
    expect((await enrol(firm, wider, [ada, alan, lena], more)).reason).toMatch(/`executive`/);
  });

  test('of another person’s key is refused', async () => {
    const firm = await foundFirm();
    const { ada, alan, lena } = firm.people;
    const other = person('mallory', ['legal']);
    const more = { replaces: lena.signer.keyid };
    expect((await enrol(firm, other, [ada, alan, lena], more)).reason).toMatch(/not of `mallory`/);
  });

  test('of the platform key works at once; a second one beside it is refused', async () => {
    const firm = await foundFirm({ demonstration: false });
    const { ada, alan, platform } = firm.people;
    const fresh = newHolder(platform.holder);
    expect((await enrol(firm, fresh, [ada, alan])).reason).toMatch(/in place of the one before/);
    await enrol(firm, fresh, [ada, alan], { replaces: platform.signer.keyid });
    const run = { type: 'training-run', content: {} } as const;
    expect((await record(firm, run, [platform])).reason).toMatch(/no enrolled key/);
    expect((await record(firm, run, [fresh])).reason).toBeUndefined();
  });

  test('of the log key makes checkpoints of the old key worthless', async () => {
    const firm = await foundFirm({ demonstration: false });
    const { ada, alan, log } = firm.people;
    const fresh = newHolder(log.holder);
    const before = await firm.bundle();
    await enrol(firm, fresh, [ada, alan], { replaces: log.signer.keyid });
    const after = await firm.bundle();
    expect(verifyBundle(p, before, firm.root).ok).toBe(true);
    expect(verifyBundle(p, after, firm.root)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('not signed by a log key'),
    });
    const key = publicKeyOf(p, log.signer.algorithm, log.spki);
    const signed = verifyCheckpoint(p, after.checkpoint, { name: LOG_ORIGIN, publicKey: key });
    const checkpoint = await signCheckpoint(p, signed!, {
      name: LOG_ORIGIN,
      signer: fresh.signer,
      publicKey: publicKeyOf(p, fresh.signer.algorithm, fresh.spki),
    });
    const note = `${after.checkpoint}${checkpoint.split('\n\n')[1]}`;
    for (const text of [checkpoint, note]) {
      expect(verifyBundle(p, { ...after, checkpoint: text }, firm.root).ok).toBe(true);
    }
  });
});

describe('a rotation of the founding', () => {
  test('goes from two administrators to three, of whom three then act together', async () => {
    const firm = await foundFirm({ demonstration: false });
    const { ada, alan } = firm.people;
    const [bert, carl] = [person('bert', ['administrator']), person('carl', ['administrator'])];
    const done = await rotate(firm, 'rotate', [ada, bert, carl], [ada, alan, bert, carl], {
      quorum: 3,
    });
    expect(done.reason).toBeUndefined();
    expect(rulesAt(firm.set(), firm.now()).quorum).toBe(2);
    firm.pass(DAY);
    expect(rulesAt(firm.set(), firm.now()).quorum).toBe(3);
    expect([alan, bert, carl].map((one) => standing(firm, one))).toEqual([
      'retired',
      'in force',
      'in force',
    ]);
    const nora = person('nora', ['validator']);
    const { vera } = firm.people;
    expect((await enrol(firm, nora, [ada, alan, vera])).reason).toMatch(/1 administrators, 3/);
    expect((await enrol(firm, nora, [ada, bert, vera])).reason).toMatch(/2 administrators, 3/);
    expect((await enrol(firm, nora, [ada, bert, carl, vera])).reason).toBeUndefined();
  });

  test.each([
    [
      'without the old quorum',
      (f: Firm, b: Person) => [f.people.ada, b],
      /1 of the administrators/,
    ],
    ['without the new key', (f: Firm) => [f.people.ada, f.people.alan], /has not accepted it/],
  ] as const)('is refused %s', async (_, signers, reason) => {
    const firm = await foundFirm();
    const bert = person('bert', ['administrator']);
    const done = await rotate(firm, 'rotate', [firm.people.ada, bert], signers(firm, bert));
    expect(done.reason).toMatch(reason);
  });

  test.each([
    ['a quorum of one', { quorum: 1 }, /content.quorum/],
    ['no delay', { delayHours: 0 }, /content.delayHours/],
    ['a quorum that it does not fill', { quorum: 3 }, /names 2 administrators, 3/],
  ] as const)('is refused with %s', async (_, rules, reason) => {
    const firm = await foundFirm({ demonstration: false });
    const { ada } = firm.people;
    const bert = person('bert', ['administrator']);
    const signers = [ada, firm.people.alan, bert];
    expect((await rotate(firm, 'rotate', [ada, bert], signers, rules)).reason).toMatch(reason);
  });

  test('is refused before the new keys accept it when nobody could fill its quorum', async () => {
    const firm = await foundFirm({ demonstration: false });
    const { ada } = firm.people;
    const bert = person('bert', ['administrator']);
    const done = await rotate(firm, 'rotate', [ada, bert], [ada], { quorum: 3 });
    expect(done.reason).toMatch(/names 2 administrators, 3/);
  });

  test('gives a new key no duty but administration', async () => {
    const firm = await foundFirm();
    const { ada, alan } = firm.people;
    const bert = person('bert', ['administrator', 'validator']);
    const done = await rotate(firm, 'rotate', [ada, bert], [ada, alan, bert]);
    expect(done.reason).toMatch(/administrator and no other/);
  });
});

describe('a recovery of a lost quorum', () => {
  async function lost() {
    const firm = await foundFirm({ demonstration: false });
    const fresh = [person('bert', ['administrator']), person('carl', ['administrator'])];
    return { firm, fresh, ...firm.people };
  }

  test('takes three persons of three watching duties and effect after its own delay', async () => {
    const { firm, fresh, eve, cora, lena, alan } = await lost();
    const done = await rotate(firm, 'recover', fresh, [eve, cora, lena, ...fresh]);
    expect(done.reason).toBeUndefined();
    firm.pass(2 * DAY);
    expect(standing(firm, alan)).toBe('in force');
    firm.pass(DAY);
    expect([alan, ...fresh].map((one) => standing(firm, one))).toEqual([
      'retired',
      'in force',
      'in force',
    ]);
  });

  test('is refused to two, to developers, and to who would become administrator', async () => {
    const { firm, fresh, eve, cora, lena, dana, omar } = await lost();
    const future = [person('lena', ['administrator']), ...fresh];
    const attempts: readonly (readonly [readonly Person[], readonly Person[]])[] = [
      [fresh, [eve, cora, ...fresh]],
      [fresh, [eve, dana, omar, ...fresh]],
      [future, [eve, cora, lena, ...future]],
    ];
    for (const [administrators, signers] of attempts) {
      const done = await rotate(firm, 'recover', administrators, signers);
      expect(done.reason).toMatch(/3 persons in 3 roles are needed/);
    }
  });

  test('is taken back by one administrator in force before it takes effect, not after', async () => {
    const { firm, fresh, eve, cora, lena, ada } = await lost();
    const recover = () => rotate(firm, 'recover', fresh, [eve, cora, lena, ...fresh]);
    const object = (rotation: string) =>
      record(
        firm,
        {
          type: 'founding-rotation',
          kind: 'object',
          content: { rotation, reason: 'nothing is lost' },
        },
        [ada],
      );
    const first = await recover();
    expect((await object(first.digest)).reason).toBeUndefined();
    firm.pass(4 * DAY);
    expect([ada, ...fresh].map((one) => standing(firm, one))).toEqual([
      'in force',
      'unknown',
      'unknown',
    ]);
    const second = await recover();
    firm.pass(4 * DAY);
    expect((await object(second.digest)).reason).toMatch(/took effect/);
  });
});

describe('an external validator', () => {
  const limits = { models: ['consumer-credit'], until: '2026-04-01T00:00:00.000Z' };

  test('validates the models named, until the time named, enrolled by a validator of the firm', async () => {
    const firm = await foundFirm();
    const { ada, alan, vera } = firm.people;
    const xena = person('xena', ['external-validator'], { limits });
    expect((await enrol(firm, xena, [ada, alan])).reason).toMatch(/`external-validator`/);
    await enrol(firm, xena, [ada, alan, vera]);
    const report = (model: string) =>
      record(
        firm,
        { type: 'validation-report', content: {}, ...{ subjectRef: { workspace: 'main', model } } },
        [xena],
      );
    expect((await report('consumer-credit')).reason).toBeUndefined();
    expect((await report('fraud')).reason).toMatch(/signed by one person in the role validator/);
    firm.pass(31);
    expect(standing(firm, xena)).toBe('expired');
    expect((await report('consumer-credit')).reason).toMatch(/no enrolled key/);
  });

  test.each([
    ['without limits', { roles: ['external-validator'] }, /content.key.limits/],
    ['with a second role', { roles: ['external-validator', 'legal'], limits }, /content.key.roles/],
    ['whose limits are on a validator', { roles: ['validator'], limits }, /content.key.limits/],
  ] as const)('cannot be enrolled %s', async (_, holder, reason) => {
    const firm = await foundFirm();
    const { ada, alan, vera } = firm.people;
    const xena = person('xena', holder.roles, 'limits' in holder ? { limits } : {});
    expect((await enrol(firm, xena, [ada, alan, vera])).reason).toMatch(reason);
  });
});

describe('an attested identity', () => {
  const es256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const eddsa = generateKeyPairSync('ed25519');
  const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64');
  const provider: IdentityProvider = {
    issuer: 'https://id.bank.example',
    audience: 'countersign',
    keys: [
      { kid: 'e1', algorithm: 'ecdsa-p256-sha256', spki: spki(es256.publicKey) },
      { kid: 'd1', algorithm: 'ed25519', spki: spki(eddsa.publicKey) },
    ],
    groups: [{ group: 'lawyers', role: 'legal' }],
  };
  const loggedAt = '2026-03-01T10:00:00.000Z';
  const claims = {
    iss: provider.issuer,
    aud: provider.audience,
    sub: 'u-17',
    iat: Date.parse(loggedAt) / 1000 - 60,
    nonce: 'k'.repeat(64),
    groups: ['lawyers', 'staff'],
  };
  const text = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');

  function token(changes: object = {}, header: object = {}, key = es256.privateKey): string {
    const isEd = key.asymmetricKeyType === 'ed25519';
    const head = isEd ? { alg: 'EdDSA', kid: 'd1' } : { alg: 'ES256', kid: 'e1' };
    const body = `${text({ ...head, ...header })}.${text({ ...claims, ...changes })}`;
    const signing = isEd ? key : ({ key, dsaEncoding: 'ieee-p1363' } as const);
    const signature = cryptoSign(isEd ? null : 'sha256', Buffer.from(body), signing);
    return `${body}.${signature.toString('base64url')}`;
  }

  const ask = (idToken: string) =>
    [p, noblePrimitives].map((primitives) =>
      attestedRoles(primitives, idToken, { provider, nonce: claims.nonce, loggedAt }),
    );

  test('stands for the duties of its groups, under either algorithm and either library', () => {
    for (let round = 0; round < 40; round += 1) {
      for (const idToken of [token(), token({}, {}, eddsa.privateKey)]) {
        for (const found of ask(idToken))
          expect(found).toEqual({ roles: ['legal'], subject: 'u-17' });
      }
    }
  });

  test.each([
    ['of another issuer', token({ iss: 'https://evil.example' }), /another issuer/],
    ['for another audience', token({ aud: 'payroll' }), /another audience/],
    ['for two audiences', token({ aud: ['countersign', 'payroll'] }), /another audience/],
    ['for another key', token({ nonce: 'x' }), /nonce/],
    ['without a nonce', token({ nonce: undefined }), /nonce/],
    ['older than a week', token({ iat: claims.iat - 8 * 86_400 }), /seven days/],
    ['from the future', token({ iat: claims.iat + 7200 }), /after the enrolment/],
    ['without groups', token({ groups: undefined }), /groups/],
    ['of algorithm none', `${token({}, { alg: 'none' })}`, /alg/],
    ['of an HMAC under the public key', token({}, { alg: 'HS256' }), /alg/],
    ['of a key that nobody named', token({}, { kid: 'z' }), /kid/],
    ['of the other key’s algorithm', token({}, { kid: 'd1' }), /alg/],
    [
      'signed by somebody else',
      token({}, {}, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      /signed by the key/,
    ],
    ['of two parts', token().split('.').slice(0, 2).join('.'), /three parts/],
    [
      'with claims twice',
      token().replace(
        /\.[^.]+\./,
        `.${Buffer.from('{"iss":"a","iss":"b"}').toString('base64url')}.`,
      ),
      /signed by the key/,
    ],
    ['with padding', `${token()}=`, /base64url/],
  ])('is refused %s', (_, idToken, reason) => {
    for (const found of ask(idToken)) {
      expect(found).toEqual({ refused: expect.stringMatching(reason) });
    }
  });

  test('confirms a role that nobody holds yet, once policy names the provider', async () => {
    const firm = await foundFirm();
    const { ada, alan, mia } = firm.people;
    const alan2 = person('adrian', ['administrator']);
    await enrol(firm, alan2, [ada, alan]);
    const lex = person('lex', ['legal']);
    const nonce = lex.signer.keyid;
    const iat = Math.floor(Date.parse(firm.now()) / 1000);
    const more = { attestation: { idToken: token({ nonce, iat }) } };
    expect((await enrol(firm, lex, [ada, alan], more)).reason).toMatch(/no identity provider/);
    const content = JSON.parse(
      JSON.stringify({ title: 'IdP', version: '1', textDigest: 'a'.repeat(64), provider }),
    );
    const draft = { type: 'policy-document', kind: 'identity-provider', content } as const;
    for (const pair of [[ada], [ada, alan2], [mia]]) {
      expect((await record(firm, draft, pair)).reason).toMatch(/different persons in the roles/);
    }
    expect((await record(firm, draft, [ada, mia])).reason).toBeUndefined();
    expect((await enrol(firm, lex, [ada, alan], more)).reason).toBeUndefined();
    const wide = person('wim', ['executive']);
    const again = { attestation: { idToken: token({ nonce: wide.signer.keyid, iat }) } };
    expect((await enrol(firm, wide, [ada, alan], again)).reason).toMatch(/neither somebody in/);
  });
});

describe('the register as of a place in the log', () => {
  test('knows neither later keys nor later endings', async () => {
    const firm = await foundFirm();
    const { ada, alan, vera } = firm.people;
    const nora = person('nora', ['validator']);
    const index = firm.entries.length - 1;
    await enrol(firm, nora, [ada, alan, vera]);
    await change(firm, 'suspend', vera, [ada]);
    const then = asOfIndex(firm.set(), index).register;
    expect(then.has(nora.signer.keyid)).toBe(false);
    expect(isInForce(then.get(vera.signer.keyid)!, firm.now())).toBe(true);
    expect(standing(firm, vera)).toBe('suspended');
  });
});

describe('a suspended warrant', () => {
  async function suspended() {
    const firm = await foundFirm();
    const { production: warrant, candidate } = await produce(firm);
    const subjectRef = candidate.ref;
    const stop = await firm.add(
      {
        type: 'deployment-record',
        kind: 'suspend',
        subjectRef,
        content: { warrant, environment: 'production', reason: 'drift' },
      },
      'mia',
    );
    const finding = (status: string, supersedes?: string) =>
      firm.add(
        {
          type: 'finding',
          scope: 'use',
          subjectRef,
          ...(supersedes === undefined ? {} : { supersedes }),
          content: { id: 'F-1', severity: 'high', status, blocking: status !== 'closed' },
        },
        'vera',
      );
    const resume = (named: string, ...signers: readonly ('omar' | 'vera' | 'dana')[]) =>
      firm.add(
        {
          type: 'deployment-record',
          kind: 'resume',
          subjectRef,
          content: {
            warrant,
            environment: 'production',
            reason: 'mended',
            suspension: stop,
            finding: named,
          },
        },
        ...signers,
      );
    const holds = () =>
      verifyWarrant(firm.set(), {
        warrant,
        environment: 'production',
        now: firm.now(),
        production: false,
      }).ok;
    return { firm, finding, resume, holds, warrant, subjectRef };
  }

  test('lives again when owner and validator resume it over a closed finding', async () => {
    const { finding, resume, holds } = await suspended();
    expect(holds()).toBe(false);
    const open = await finding('open');
    await resume(open, 'omar', 'vera');
    expect(holds()).toBe(false);
    const closed = await finding('closed', open);
    await resume(closed, 'omar');
    await resume(closed, 'vera');
    expect(holds()).toBe(false);
    await resume(closed, 'omar', 'vera');
    expect(holds()).toBe(true);
  });

  test('that was also revoked stays ended', async () => {
    const { firm, finding, resume, holds, warrant, subjectRef } = await suspended();
    const closed = await finding('closed', await finding('open'));
    await firm.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        subjectRef,
        content: { warrant, environment: 'production', reason: 'never again' },
      },
      'eve',
    );
    await resume(closed, 'omar', 'vera');
    expect(holds()).toBe(false);
  });
});
