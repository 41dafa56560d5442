// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RECOVERY_ROLES, ROLES, visibleText } from '@countersign/kernel';
import type { FoundingPerson } from '@countersign/server';
import { z } from 'zod';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { fields } from '../output/table.ts';
import { parseYamlText, readTextFile, readYaml } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

export const found: Command = {
  name: 'found',
  summary:
    'found a firm: its first people, their keys, and the record that everything is verified against',
  description:
    'Takes a YAML file `people: [{account, name, roles, team?, algorithm?, passphrase?, password?}]` with two administrators at least. Secrets that it does not give are made at random and left in DIR/people/ACCOUNT/ for handing over.',
  example:
    'countersign found --firm "Example Bank" --people people.yaml --demonstration --data ./bank',
  options: [
    { flags: '--firm NAME', summary: 'name of the firm', isRequired: true },
    { flags: '--people FILE', summary: 'the first people, as YAML', isRequired: true },
    {
      flags: '--demonstration',
      summary: 'stamped on every warrant; a production gateway refuses those',
    },
    { flags: '--workspace NAME', summary: '`main` unless given' },
    {
      flags: '--database-url URL',
      summary: 'PostgreSQL 15 or later, as its owner; embedded unless given',
    },
    { flags: '--port PORT', summary: 'port of the API; 4170 unless given' },
    {
      flags: '--gateway-port PORT',
      summary: 'port of the gateway; the API’s and one unless given',
    },
  ],
  run: runFound,
};

const NAME_MAX = 200;

const People = z.strictObject({
  people: z
    .array(
      z.strictObject({
        account: z
          .string()
          .regex(
            /^[a-z][a-z0-9._-]{0,63}$/,
            'must be lower-case letters, digits, `.`, `_` and `-`',
          ),
        name: z
          .string()
          .trim()
          .min(1)
          .max(NAME_MAX)
          .refine(
            (name) => visibleText(name) === name,
            'must hold no character that does not show',
          ),
        roles: z.array(z.enum(ROLES)).min(1),
        team: z.string().min(1).optional(),
        algorithm: z.enum(['ed25519', 'ecdsa-p256-sha256']).optional(),
        passphrase: z.string().min(12).optional(),
        password: z.string().min(12).optional(),
      }),
    )
    .min(2),
});
type Person = z.infer<typeof People>['people'][number];

const API_PORT = 4170;
const SECRET_BYTES = 18;

async function runFound(input: Input, session: Session): Promise<Outcome> {
  const file = input.text('people');
  const { people } = readYaml(parseYamlText(file, readTextFile(session.cwd, file)), People);
  const given = input.optionalText('data') ?? session.io.env.COUNTERSIGN_DATA;
  if (given === undefined || given === '')
    throw usage('`--data` is missing: name a new directory for the firm');
  const { dataDir } = session.profile();
  const { foundFirm } = await import('@countersign/server');
  const members = people.map(withSecrets);
  const port = input.count('port') ?? API_PORT;
  const databaseUrl = input.optionalText('database-url');
  const workspace = input.optionalText('workspace');
  const firm = firmName(input.text('firm'));
  session.progress(`founding ${firm}`);
  const founded = await foundFirm({
    dataDir,
    firm,
    demonstration: input.flag('demonstration'),
    people: members.map(({ person }) => person),
    ports: { api: port, gateway: input.count('gateway-port') ?? port + 1 },
    now: () => session.now(),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(workspace === undefined ? {} : { workspace }),
  });
  for (const { person, made } of members) await leaveSecrets(dataDir, person.account, made);
  const result = {
    root: founded.root,
    dataDir,
    people: founded.people.map(({ account, email, keyFile, tokenFile }) => ({
      account,
      email,
      keyFile,
      tokenFile,
    })),
  };
  return done(
    result,
    ...fields([
      ['founded', firm],
      ['root', founded.root],
      ['data', dataDir],
    ]),
    ...handOver(
      members.map(({ person }) => person),
      founded.people,
    ),
    `next: countersign up --data ${dataDir}`,
  );
}

/** It stands in the founding record for ever, and on every page: checked before anything is made. */
function firmName(text: string): string {
  const name = text.trim();
  const isName = name !== '' && name.length <= NAME_MAX && visibleText(name) === name;
  if (isName) return name;
  throw usage(`\`--firm\` must be 1 to ${NAME_MAX} characters that all show`);
}

/** Who must be given what: the ceremony is over when nothing of it lies in one place any more. */
function handOver(
  people: readonly FoundingPerson[],
  founded: readonly {
    readonly account: string;
    readonly email: string;
    readonly keyFile: string;
  }[],
): readonly string[] {
  const administrators = people.filter(({ roles }) => roles.includes('administrator'));
  const founders = administrators.slice(0, 2).map(({ account }) => account);
  return [
    `signed by ${founders.join(' and ')}: two administrators act together, new keys count after the delay in \`countersign founding show\``,
    `if the administrators are lost, three persons in three of the duties ${RECOVERY_ROLES.join(', ')} name new ones`,
    'hand over, and delete here what was handed over:',
    ...founded.map(
      ({ account, email, keyFile }) =>
        `  ${account}  ${email}  ${dirname(keyFile)}/ (key.json, token, initial-*)`,
    ),
    'write the root down and give it to every gateway, auditor and administrator by another way than this server',
  ];
}

type Secret = 'passphrase' | 'password';

function withSecrets({ name, team, algorithm, passphrase, password, ...rest }: Person) {
  const fresh = () => randomBytes(SECRET_BYTES).toString('base64url');
  const secrets = { passphrase: passphrase ?? fresh(), password: password ?? fresh() };
  const person: FoundingPerson = {
    ...rest,
    printedName: name,
    ...secrets,
    ...(team === undefined ? {} : { team }),
    ...(algorithm === undefined ? {} : { algorithm }),
  };
  const made: Partial<Record<Secret, string>> = {
    ...(passphrase === undefined ? { passphrase: secrets.passphrase } : {}),
    ...(password === undefined ? { password: secrets.password } : {}),
  };
  return { person, made };
}

/** Only secrets made here are left behind; the person deletes them after taking them over. */
async function leaveSecrets(
  dataDir: string,
  account: string,
  made: Partial<Record<Secret, string>>,
): Promise<void> {
  const folder = join(dataDir, 'people', account);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(made)) {
    await writeFile(join(folder, `initial-${name}`), `${value}\n`, { mode: 0o600, flag: 'wx' });
  }
}
