// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, nameText, relativePath } from './common-values.ts';
import { deltaOrigin, icebergOrigin } from './lakehouse-origin.ts';
import { isPinned, pinnedExtension, pinnedOrigin } from './pinned-origin.ts';

/** Of a table: the extension of its file says the format. */
export const tableFormat = z.enum(['csv', 'tsv', 'parquet']);

/** `s3://bucket/key`; a key that ends in `/` is a prefix. Anything before an `@` would be a credential. */
const s3Address = z
  .string()
  .max(1100)
  .regex(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\0@]+$/,
    'expected `s3://bucket/key.csv`, or `s3://bucket/prefix/` with `format`; credentials come from the environment',
  );

const httpAddress = z
  .string()
  .max(500)
  .regex(
    /^https?:\/\/[^\s/@?#]+(?:\/[^\s@?#]*)?$/,
    'expected an address such as `https://s3.example.com`; credentials come from the environment',
  );

const s3Origin = z
  .strictObject({
    s3: s3Address,
    /** The version id of one object of a versioned bucket; its current one is taken, and recorded, without it. */
    version: z.string().min(1).max(1024).optional(),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .optional(),
    endpoint: httpAddress.optional(),
    format: tableFormat.optional(),
  })
  .refine(({ s3, format }) => format !== undefined || hasTableExtension(s3), {
    path: ['s3'],
    message: 'expected a key ending in `.csv`, `.tsv` or `.parquet`, or a `format` beside it',
  })
  .refine(({ s3, version }) => version === undefined || !s3.endsWith('/'), {
    path: ['version'],
    message: 'a prefix has no version; the version of each of its objects is recorded',
  });

const postgresOrigin = z.strictObject({
  /** Name of a connection: `COUNTERSIGN_SOURCE_<NAME>` of whoever runs the pipeline holds its address. */
  postgres: z
    .string()
    .max(64)
    .regex(
      /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/,
      'expected the name of a connection; its address and password come from the environment as `COUNTERSIGN_SOURCE_<NAME>`',
    ),
  query: z.string().trim().min(1).max(20_000),
  order_by: z.array(columnName).min(1).max(50).optional(),
});

const dvcOrigin = z
  .strictObject({
    /** A `.dvc` file or a `dvc.lock` of the commit. */
    dvc: relativePath.refine(
      (path) => path.endsWith('.dvc') || /(?:^|\/)dvc\.lock$/.test(path),
      'expected a file ending in `.dvc`, or `dvc.lock` with `output`',
    ),
    /** Which output, as the file names it; needed where it names several. */
    output: relativePath.optional(),
    /** The remote's name in `.dvc/config`; the default one unless given. */
    remote: nameText.optional(),
    format: tableFormat.optional(),
  })
  .refine(({ dvc, output }) => dvc.endsWith('.dvc') || output !== undefined, {
    path: ['output'],
    message: 'expected with `dvc.lock`: the path of one of its outputs',
  })
  .refine(
    ({ dvc, output, format }) =>
      format !== undefined || hasTableExtension(output ?? dvc.replace(/\.dvc$/, '')),
    {
      path: ['format'],
      message: 'expected `csv`, `tsv` or `parquet`: the name of the output does not say',
    },
  );

/** Where a dataset comes from; what none of the steps made and the commit does not hold is fetched by the platform. */
export const datasetOrigin = z.union([
  z.strictObject({ step: nameText, file: relativePath.optional() }),
  z.strictObject({ path: relativePath }),
  s3Origin,
  postgresOrigin,
  dvcOrigin,
  deltaOrigin,
  icebergOrigin,
  pinnedOrigin,
]);

export type DatasetOrigin = z.output<typeof datasetOrigin>;
export type S3Origin = z.output<typeof s3Origin>;
export type PostgresOrigin = z.output<typeof postgresOrigin>;
export type DvcOrigin = z.output<typeof dvcOrigin>;

/** Fetched from outside of the commit and its steps: a rebuild starts from what was archived of it. */
export function isExternal(from: DatasetOrigin): boolean {
  return !('step' in from) && !('path' in from);
}

/** `.csv` and the like: of the file that the dataset is, and of its splits as steps see them. */
export function externalExtension(from: DatasetOrigin): string {
  if (isPinned(from)) return pinnedExtension(from);
  if ('postgres' in from) return '.csv';
  if ('delta' in from || 'iceberg' in from) return '.parquet';
  if ('s3' in from) return extensionOf(from.s3, from.format);
  if ('dvc' in from) return extensionOf(from.output ?? from.dvc.replace(/\.dvc$/, ''), from.format);
  return '';
}

function extensionOf(name: string, format: z.output<typeof tableFormat> | undefined): string {
  return format === undefined ? (/\.[a-z0-9]+$/.exec(name)?.[0] ?? '') : `.${format}`;
}

function hasTableExtension(name: string): boolean {
  return /\.(?:csv|tsv|parquet)$/.test(name);
}
