// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DocumentsReply, documentsRoutes } from '@countersign/contract';
import { sha256Hex } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { z } from 'zod';
import { isDigestPrefix } from '../client/digests.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { short, table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { describeRecorded } from '../signing/sign-and-record.ts';
import { signDocument } from '../signing/sign-document.ts';
import { fetchBlob } from '../trace/replay.ts';

type Issued = DocumentsReply['documents'][number];

export const dossierList: Command = {
  name: 'dossier list',
  summary:
    'documents that were issued: when, for whom, signed by whom, and what of them still holds',
  example: 'countersign dossier list consumer-credit@1',
  arguments: [
    {
      name: 'version',
      summary: 'MODEL@N; without one all, and what still holds is not told',
      isOptional: true,
    },
  ],
  run: async (input, session) => {
    const name = input.optionalArgument('version');
    const query = name === undefined ? {} : parseVersionName(name);
    const { documents } = await session.client().call(documentsRoutes.list, { query });
    const rows = documents.map((one) => {
      const { document, asOf, rendered } = contentOf(one);
      return [
        document,
        short(one.digest),
        one.loggedAt.slice(0, 16).replace('T', ' '),
        (asOf ?? '').slice(0, 16).replace('T', ' '),
        short(rendered.find(({ format }) => format === 'pdf')?.digest ?? ''),
        one.signatures
          .map(({ printedName, meaning }) => `${printedName} (${meaning})`)
          .join(', ') || 'nobody',
        standing(one),
      ];
    });
    const headings = ['document', 'record', 'issued', 'as of', 'pdf', 'signed by', 'holds'];
    return done(
      { documents },
      ...(rows.length === 0 ? ['none was issued'] : table(headings, rows)),
    );
  },
};

export const dossierCheck: Command = {
  name: 'dossier check',
  summary: 'whether a file was issued, who signed it, and which of its sections no longer hold',
  description:
    'Finds the file by its bytes. Exit 1 when the firm never issued them, and when evidence of a section was superseded, has expired or has come since.',
  example: 'countersign dossier check development.pdf',
  arguments: [{ name: 'document', summary: 'a file, or eight hex digits or more of a digest' }],
  run: async (input, session) => {
    const one = await findIssued(session, digestOf(session, input.argument('document')));
    const lines = [...describeIssued(one), ...describeChanged(one.changed ?? [])];
    return (one.changed ?? []).length > 0 ? refused(one, ...lines) : done(one, ...lines);
  },
};

export const dossierSign: Command = {
  name: 'dossier sign',
  summary: 'sign an issued document: its bytes stay as they are, the signature stands beside them',
  example: 'countersign dossier sign development.pdf --meaning reviewed --as mia.risk',
  arguments: [{ name: 'document', summary: 'a file, or eight hex digits or more of a digest' }],
  options: [
    { flags: '--meaning TEXT', summary: 'what the signature means; issued unless given' },
    { flags: '--statement TEXT', summary: 'what you state; a plain sentence unless given' },
  ],
  run: async (input, session) => {
    const one = await findIssued(session, digestOf(session, input.argument('document')));
    const signed = await signDocument(session, one.digest, {
      meaning: input.optionalText('meaning'),
      statement: input.optionalText('statement'),
    });
    return done({ ...signed, issued: one.digest }, describeRecorded(signed));
  },
};

export const dossierFetch: Command = {
  name: 'dossier fetch',
  summary: 'the bytes of an issued document again, by digest',
  example: 'countersign dossier fetch 3f2a9c0d1e4b --out development.pdf',
  arguments: [{ name: 'digest', summary: 'of the record or of a file; eight hex digits or more' }],
  options: [
    {
      flags: '--out FILE',
      summary: ".pdf, .html or .json, or an attachment's name",
    },
  ],
  run: fetchIssued,
};

async function fetchIssued(input: Input, session: Session): Promise<Outcome> {
  const asked = input.argument('digest');
  const out = input.optionalText('out');
  if (out === undefined) throw usage('`--out` must be given');
  const one = await findIssued(session, digestOf(session, asked));
  const { rendered, attachments = [] } = contentOf(one);
  const extension = out.slice(out.lastIndexOf('.') + 1);
  const file =
    [...rendered, ...attachments].find(({ digest }) => digest.startsWith(asked)) ??
    attachments.find(({ name }) => out.endsWith(name)) ??
    rendered.find(({ format }) => format === extension);
  if (file === undefined)
    throw usage(`\`${out}\` must end in ${rendered.map(({ format }) => `.${format}`).join(', ')}`);
  writeFileSync(resolve(session.cwd, out), await fetchBlob(session, file.digest));
  return done({ ...file, out }, `${out}, ${file.size} bytes, ${file.digest}`);
}

const Content = z.looseObject({
  document: z.string(),
  title: z.string(),
  gaps: z.int(),
  asOf: z.string().optional(),
  rendered: z.array(z.looseObject({ format: z.string(), digest: z.string(), size: z.int() })),
  attachments: z
    .array(z.looseObject({ name: z.string(), digest: z.string(), size: z.int() }))
    .optional(),
});

function contentOf(one: Issued): z.infer<typeof Content> {
  return Content.parse(one.content);
}

function digestOf(session: Session, what: string): string {
  if (isDigestPrefix(what)) return what;
  try {
    return sha256Hex(nodePrimitives, readFileSync(resolve(session.cwd, what)));
  } catch (cause) {
    throw new CliError('file_missing', `\`${what}\` cannot be read; check the path`, { cause });
  }
}

async function findIssued(session: Session, digest: string): Promise<Issued> {
  const { documents } = await session.client().call(documentsRoutes.list, { query: { digest } });
  const [one, other] = documents;
  if (one === undefined) {
    throw new CliError(
      'not_found',
      `the firm has issued no document with the digest \`${short(digest)}\``,
      {
        details: { next: 'a file that was changed by one byte is another file' },
      },
    );
  }
  // The same bytes issued twice are one document; the newest record tells of it.
  const isSame =
    other === undefined ||
    contentOf(other).rendered[0]?.digest === contentOf(one).rendered[0]?.digest;
  if (!isSame) throw usage(`\`${digest}\` begins more than one; give more of it`);
  return one;
}

function standing({ changed }: Issued): string {
  if (changed === undefined) return 'not told';
  if (changed.length === 0) return 'all of it';
  return `stale: ${changed.map(({ number, label }) => label ?? String(number)).join(', ')}`;
}

function describeIssued(one: Issued): readonly string[] {
  const { title, document, gaps, asOf, rendered } = contentOf(one);
  return [
    `${title} (${document}), issued ${one.loggedAt} as record ${short(one.digest)}${asOf === undefined ? '' : `, as of ${asOf}`}`,
    `${gaps} gaps printed; ${rendered.map(({ format, digest }) => `${format} ${short(digest)}`).join(', ')}`,
    ...(one.signatures.length === 0 ? ['signed by nobody'] : []),
    ...one.signatures.map(
      ({ printedName, account, meaning, signedAt, statement }) =>
        `signed by ${printedName} (${account}), ${signedAt}: ${meaning}. “${statement}”`,
    ),
  ];
}

function describeChanged(changed: NonNullable<Issued['changed']>): readonly string[] {
  if (changed.length === 0) return ['every section tells how things stand'];
  return [
    '',
    ...table(
      ['section', 'title', 'evidence', 'what', 'record', 'now'],
      changed.flatMap(({ number, label, title, changes }) =>
        changes.map(({ evidence, what, record, by }) => [
          label ?? String(number),
          title,
          evidence,
          what,
          short(record),
          by === undefined ? '' : short(by),
        ]),
      ),
    ),
  ];
}
