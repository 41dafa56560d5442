// SPDX-License-Identifier: Apache-2.0
// Commits signed by the programs that people sign with; ssh-keygen and gpg are the judges that ours must agree with.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCommitObject } from './commit-object.ts';
import { readContributors } from './contributors.ts';
import { openPgpFingerprints } from './openpgp-signature.ts';
import { checkSshSignature } from './ssh-signature.ts';

let root: string;
let repository: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sig-'));
  environment = {
    PATH: process.env.PATH,
    HOME: root,
    GNUPGHOME: await mkdtemp(join(root, 'g-')),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Dana',
    GIT_AUTHOR_EMAIL: 'dana@bank.example',
    GIT_COMMITTER_NAME: 'Dana',
    GIT_COMMITTER_EMAIL: 'dana@bank.example',
  };
});
afterAll(async () => {
  spawnSync('gpgconf', ['--kill', 'all'], { env: environment });
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  repository = await mkdtemp(join(root, 'repository-'));
  run('git', 'init', '--quiet', '--template=');
});

function run(program: string, ...args: readonly string[]): string {
  const options = { cwd: repository, env: environment, encoding: 'utf8' } as const;
  return execFileSync(program, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}

function accepts(program: string, args: readonly string[], input?: Buffer): boolean {
  const options = { cwd: repository, env: environment, ...(input === undefined ? {} : { input }) };
  return spawnSync(program, [...args], options).status === 0;
}

/** A signed commit; its id. */
function commit(format: 'ssh' | 'openpgp', key: string): string {
  const config = ['-c', `gpg.format=${format}`, '-c', `user.signingkey=${key}`];
  run('git', ...config, 'commit', '--quiet', '--allow-empty', '-S', '-m', 'a change');
  return run('git', 'rev-parse', 'HEAD').trim();
}

const rawCommit = (id: string) =>
  execFileSync('git', ['cat-file', 'commit', id], { cwd: repository, env: environment });

function store(raw: Buffer): string {
  const options = { cwd: repository, env: environment, input: raw };
  return execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], options)
    .toString('utf8')
    .trim();
}

const tampered = (id: string) =>
  store(Buffer.from(rawCommit(id).toString('latin1').replace('a change', 'another'), 'latin1'));

const contributors = (id: string, keys: readonly string[] = []) =>
  readContributors(repository, [id], keys);

function sshKey(...type: readonly string[]): {
  readonly file: string;
  readonly fingerprint: string;
} {
  const file = join(root, `key-${type.join('')}-${Math.random()}`);
  run('ssh-keygen', '-q', '-t', ...type, '-N', '', '-f', file);
  const fingerprint = run('ssh-keygen', '-l', '-f', file).split(' ')[1] ?? '';
  return { file, fingerprint };
}

describe('an SSH signature', { timeout: 60_000 }, () => {
  test.each([
    ['ed25519'],
    ['ecdsa', '-b', '256'],
    ['ecdsa', '-b', '384'],
    ['ecdsa', '-b', '521'],
    ['rsa', '-b', '2048'],
  ])('by ssh-keygen with %s %s %s verifies, and not over another message', async (...type) => {
    const key = sshKey(...type);
    const id = commit('ssh', key.file);
    const entry = {
      email: 'dana@bank.example',
      signature: { format: 'ssh', key: key.fingerprint },
    };
    expect(await contributors(id)).toMatchObject([entry]);
    expect((await contributors(id))[0]?.signature?.verified).toBe(true);
    expect((await contributors(tampered(id)))[0]).toMatchObject(entry);
    expect((await contributors(tampered(id)))[0]?.signature?.verified).toBe(false);
  });

  test('with any single byte of it changed is not by the key that it was by', async () => {
    const key = sshKey('ed25519');
    const { signature = '', signed } = readCommitObject(rawCommit(commit('ssh', key.file)));
    const body = Buffer.from(signature.split('\n').slice(1, -1).join(''), 'base64');
    for (let at = 0; at < body.length; at += 1) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const checked = checkSshSignature(armour(changed), signed);
      expect([at, checked?.verified === true && checked.key === key.fingerprint]).toEqual([
        at,
        false,
      ]);
    }
    expect(checkSshSignature(armour(body), signed)?.verified).toBe(true);
  });

  test('made for another purpose than git does not count', async () => {
    const key = sshKey('ed25519');
    const { signed } = readCommitObject(rawCommit(commit('ssh', key.file)));
    const file = join(root, 'payload');
    await writeFile(file, signed);
    run('ssh-keygen', '-q', '-Y', 'sign', '-n', 'file', '-f', key.file, file);
    const signature = run('cat', `${file}.sig`);
    expect(
      accepts('ssh-keygen', ['-Y', 'check-novalidate', '-n', 'file', '-s', `${file}.sig`], signed),
    ).toBe(true);
    expect(checkSshSignature(signature, signed)).toEqual({ key: key.fingerprint, verified: false });
  });

  test.each(['ed25519', 'ecdsa'] as const)(
    'of a FIDO2 token with %s is judged as ssh-keygen does',
    async (type) => {
      const signed = Buffer.from('tree 0\n\na change\n');
      const armoured = tokenSignature(type, signed);
      for (const payload of [signed, Buffer.from('tree 0\n\nanother\n')]) {
        const file = join(root, `token-${type}.sig`);
        await writeFile(file, armoured);
        const theirs = accepts(
          'ssh-keygen',
          ['-Y', 'check-novalidate', '-n', 'git', '-s', file],
          payload,
        );
        expect(checkSshSignature(armoured, payload)?.verified).toBe(theirs);
        expect(theirs).toBe(payload === signed);
      }
    },
  );

  test('twice on a commit, or cut off, is none', async () => {
    const raw = rawCommit(commit('ssh', sshKey('ed25519').file)).toString('latin1');
    const header = /gpgsig [\s\S]*?-----END SSH SIGNATURE-----\n/.exec(raw)?.[0] ?? '';
    const twice = store(Buffer.from(raw.replace(header, header + header), 'latin1'));
    expect(await contributors(twice)).toEqual([{ email: 'dana@bank.example' }]);
    expect(
      checkSshSignature(armour(Buffer.from('SSHSIG\0\0\0\x01\0\0')), Buffer.alloc(0)),
    ).toBeUndefined();
  });
});

function armour(blob: Buffer): string {
  return `-----BEGIN SSH SIGNATURE-----\n${blob.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
}

const text = (bytes: Buffer | string) => {
  const body = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};

/** What a token answers, made of OpenSSH's PROTOCOL.u2f by hand: no token is at the machine. */
function tokenSignature(type: 'ed25519' | 'ecdsa', signed: Buffer): string {
  const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();
  const isEd = type === 'ed25519';
  const { privateKey, publicKey } = isEd
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = isEd ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob = Buffer.concat([text(name), ...publicPart(publicKey), text('ssh:')]);
  const digest = createHash('sha512').update(signed).digest();
  const message = Buffer.concat([
    Buffer.from('SSHSIG'),
    text('git'),
    text(''),
    text('sha512'),
    text(digest),
  ]);
  const tail = Buffer.from([1, 0, 0, 0, 7]); // user present, seventh use
  const over = Buffer.concat([sha256('ssh:'), tail, sha256(message)]);
  const value = isEd
    ? sign(null, over, privateKey)
    : ecdsaParts(sign('sha256', over, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  const signature = Buffer.concat([text(name), text(value), tail]);
  const version = Buffer.from([0, 0, 0, 1]);
  return armour(
    Buffer.concat([
      Buffer.from('SSHSIG'),
      version,
      text(blob),
      text('git'),
      text(''),
      text('sha512'),
      text(signature),
    ]),
  );
}

function publicPart(key: KeyObject): readonly Buffer[] {
  const { x = '', y } = key.export({ format: 'jwk' });
  const point = [x, y ?? ''].map((part) => Buffer.from(part, 'base64url'));
  if (y === undefined) return [text(Buffer.concat(point))];
  return [text('nistp256'), text(Buffer.concat([Buffer.from([4]), ...point]))];
}

function ecdsaParts(raw: Buffer): Buffer {
  const mpint = (part: Buffer) => {
    const start = part.findIndex((byte) => byte !== 0);
    const value = part.subarray(start);
    return text((value[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), value]) : value);
  };
  return Buffer.concat([mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))]);
}

describe('an OpenPGP signature', { timeout: 60_000 }, () => {
  function gpgKey(name: string, algorithm: string): { fingerprint: string; armoured: string } {
    const unprotected = ['--batch', '--quiet', '--passphrase', ''];
    run(
      'gpg',
      ...unprotected,
      '--quick-generate-key',
      `${name} <${name}@x.example>`,
      algorithm,
      'sign',
      'never',
    );
    return {
      fingerprint: fingerprints(name)[0] ?? '',
      armoured: run('gpg', '--armor', '--export', name),
    };
  }
  const fingerprints = (name: string) =>
    [...run('gpg', '--with-colons', '--list-keys', name).matchAll(/^fpr:+([0-9A-F]+):/gm)].map(
      ([, fingerprint = '']) => fingerprint,
    );

  test.each([['ed25519'], ['rsa2048']])(
    'by gpg with %s names its key, verifies with it alone, and not over another message',
    async (algorithm) => {
      const key = gpgKey(`signer-${algorithm}`, algorithm);
      const other = gpgKey(`other-${algorithm}`, algorithm);
      const id = commit('openpgp', key.fingerprint);
      const says = (verified: boolean) => [
        {
          email: 'dana@bank.example',
          signature: { format: 'gpg', key: key.fingerprint, verified },
        },
      ];
      expect(await openPgpFingerprints(key.armoured)).toEqual([key.fingerprint]);
      expect(await contributors(id)).toEqual(says(false));
      expect(await contributors(id, [other.armoured])).toEqual(says(false));
      expect(await contributors(id, [other.armoured, 'no key', key.armoured])).toEqual(says(true));
      const forged = tampered(id);
      expect(accepts('git', ['verify-commit', id])).toBe(true);
      expect(accepts('git', ['verify-commit', forged])).toBe(false);
      expect(await contributors(forged, [key.armoured])).toEqual(says(false));
    },
  );

  test('by a subkey names the subkey', async () => {
    const { fingerprint } = gpgKey('owner-of-subkey', 'ed25519');
    run(
      'gpg',
      '--batch',
      '--quiet',
      '--passphrase',
      '',
      '--quick-add-key',
      fingerprint,
      'ed25519',
      'sign',
    );
    const armoured = run('gpg', '--armor', '--export', fingerprint);
    const [primary, subkey = ''] = fingerprints('owner-of-subkey');
    const id = commit('openpgp', fingerprint);
    expect(primary).toBe(fingerprint);
    expect(await contributors(id, [armoured])).toEqual([
      { email: 'dana@bank.example', signature: { format: 'gpg', key: subkey, verified: true } },
    ]);
    expect(await openPgpFingerprints(armoured)).toEqual([fingerprint, subkey]);
  });

  test('needs a public key that is one', async () => {
    await expect(openPgpFingerprints('-----BEGIN PGP PUBLIC KEY BLOCK-----')).rejects.toMatchObject(
      {
        code: 'evidence_invalid',
      },
    );
  });
});

describe('the contributors of a commit', () => {
  test('are authors and committers of its whole history, each with the keys that signed', async () => {
    const key = sshKey('ed25519');
    const commitAs = (author: string, committer: string, ...sign: readonly string[]) =>
      execFileSync(
        'git',
        [...sign.slice(1), 'commit', '--quiet', '--allow-empty', '-m', 'x', ...sign.slice(0, 1)],
        {
          cwd: repository,
          env: { ...environment, GIT_AUTHOR_EMAIL: author, GIT_COMMITTER_EMAIL: committer },
        },
      );
    commitAs('vera@x.example', 'dana@x.example', '--allow-empty-message');
    commitAs(
      'dana@x.example',
      'dana@x.example',
      '-S',
      '-c',
      'gpg.format=ssh',
      '-c',
      `user.signingkey=${key.file}`,
    );
    commitAs('Zed@x.example', 'ci@x.example', '--allow-empty-message');
    const signature = { format: 'ssh', key: key.fingerprint, verified: true };
    expect(await contributors(run('git', 'rev-parse', 'HEAD').trim())).toEqual([
      { email: 'Zed@x.example' },
      { email: 'ci@x.example' },
      { email: 'dana@x.example' },
      { email: 'dana@x.example', signature },
      { email: 'vera@x.example' },
    ]);
  });

  test('name an empty address, and count every author line of an object that no tool writes', async () => {
    const tree = run('git', 'hash-object', '-t', 'tree', '-w', '/dev/null').trim();
    const raw = `tree ${tree}\nauthor A <> 1 +0000\nauthor B <b@x> y> 1 +0000\ncommitter C <c@x.example> 1 +0000\n\nauthor D <d@x> 1 +0000\n`;
    expect(readCommitObject(Buffer.from(raw)).emails).toEqual(['<>', 'b@x', 'c@x.example']);
    const single = raw.replace('author B <b@x> y> 1 +0000\n', '');
    expect(await contributors(store(Buffer.from(single)))).toEqual([
      { email: '<>' },
      { email: 'c@x.example' },
    ]);
  });

  test('are refused when an address is longer than any can be', async () => {
    const tree = run('git', 'hash-object', '-t', 'tree', '-w', '/dev/null').trim();
    const who = `A <${'a'.repeat(400)}> 1 +0000`;
    const id = store(Buffer.from(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nx\n`));
    await expect(contributors(id)).rejects.toMatchObject({ code: 'source_unsupported' });
  });
});
