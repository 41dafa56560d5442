// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Client, escapeIdentifier } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { PipelineError } from '../errors.ts';
import type { PostgresOrigin } from '../file/origin-section.ts';
import type { Extracted, ExtractRequest } from './extracted.ts';
import { connectSource, postgresFailure } from './postgres-connection.ts';
import { isTransient, retrying } from './retrying.ts';
import type { PostgresColumn, PostgresFacts } from './snapshot-origin.ts';

const ATTEMPTS_MAX = 3;

/** One text for one value, whatever the role, the database or the server's configuration prefer. */
const SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'iso_8601',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  // A run that was stopped or killed leaves no query behind: the server looks whether anybody still waits (PostgreSQL 14).
  client_connection_check_interval: '2s',
};

/**
 * The rows of a query as CSV, read in one read-only transaction that sees one moment of the database. Throws
 * PipelineError `source_credentials_missing`, `source_refused`, `source_unreachable`, `column_missing`.
 */
export async function extractPostgres(
  request: ExtractRequest,
  from: PostgresOrigin,
): Promise<Extracted> {
  const path = join(request.workDir, `${request.name}.csv`);
  const file = `${request.name}.csv`;
  const origin = await retrying(
    { attemptsMax: ATTEMPTS_MAX, signal: request.signal, isTransient },
    async () => {
      await rm(path, { force: true });
      return exportOnce(request, from, path);
    },
  );
  return { path, file, origin };
}

async function exportOnce(
  request: ExtractRequest,
  from: PostgresOrigin,
  path: string,
): Promise<PostgresFacts> {
  const connection = await connectSource(from.postgres, request);
  const { client } = connection;
  const stop = () => connection.close();
  request.signal?.addEventListener('abort', stop, { once: true });
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const facts = await describeSource(client, request, from);
    request.report(`${request.name}: ${facts.rows} rows of \`${from.postgres}\``);
    await pipeline(
      client.query(copyTo(exportStatement(from, facts.columns))),
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    );
    await client.query('COMMIT');
    return facts;
  } catch (cause) {
    request.signal?.throwIfAborted();
    throw postgresFailure(cause, from.postgres, connection.secrets);
  } finally {
    request.signal?.removeEventListener('abort', stop);
    connection.close();
  }
}

async function describeSource(
  client: Client,
  request: ExtractRequest,
  from: PostgresOrigin,
): Promise<PostgresFacts> {
  for (const [name, value] of Object.entries(SETTINGS)) {
    await client.query('SELECT set_config($1, $2, true)', [name, value]);
  }
  const { rows: moments } = await client.query<Record<string, string>>(
    `SELECT pg_current_snapshot()::text AS snapshot, current_database() AS database,
            current_setting('server_version') AS version,
            to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started`,
  );
  const [moment = {}] = moments;
  const types = await columnTypes(client, from);
  refuseColumns(request, from, types);
  const counted = await countRows(client, from, types);
  return {
    postgres: from.postgres,
    database: moment.database ?? '',
    serverVersion: moment.version ?? '',
    snapshot: moment.snapshot ?? '',
    startedAt: moment.started ?? '',
    query: from.query,
    queryDigest: createHash('sha256').update(from.query).digest('hex'),
    orderBy: from.order_by ?? [],
    ...counted,
  };
}

type Typed = Omit<PostgresColumn, 'nulls'>;

/** Asked through the extended protocol, which takes one statement and no second one behind a semicolon. */
async function columnTypes(client: Client, from: PostgresOrigin): Promise<readonly Typed[]> {
  const { fields } = await client.query({
    text: `SELECT * FROM ${source(from)} LIMIT $1`,
    values: [0],
  });
  const { rows } = await client.query<{ type: string }>(
    `SELECT format_type(oid, nullif(mod, -1)) AS type
       FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS t(oid, mod, n) ORDER BY n`,
    [
      fields.map(({ dataTypeID }) => dataTypeID),
      fields.map(({ dataTypeModifier }) => dataTypeModifier),
    ],
  );
  return fields.map(({ name }, index) => ({ name, type: rows[index]?.type ?? '' }));
}

function refuseColumns(
  request: ExtractRequest,
  { query: _query, order_by: orderBy = [] }: PostgresOrigin,
  columns: readonly Typed[],
): void {
  const names = columns.map(({ name }) => name);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) {
    const message = `${request.locate(['from', 'query'])}: the query answers with two columns \`${doubled}\`; give each its own name`;
    throw new PipelineError('column_missing', message, { details: { column: doubled } });
  }
  for (const [index, name] of orderBy.entries()) {
    if (names.includes(name)) continue;
    const where = request.locate(['from', 'order_by', index]);
    const message = `${where}: the query answers with no column \`${name}\`; it has ${names.slice(0, 30).join(', ')}`;
    throw new PipelineError('column_missing', message, { details: { column: name } });
  }
}

async function countRows(
  client: Client,
  from: PostgresOrigin,
  columns: readonly Typed[],
): Promise<Pick<PostgresFacts, 'rows' | 'columns'>> {
  const nulls = columns.map(
    ({ name }, index) => `count(*) - count(${escapeIdentifier(name)}::text) AS n${index}`,
  );
  const { rows } = await client.query<Record<string, string>>(
    `SELECT ${['count(*) AS rows', ...nulls].join(', ')} FROM ${source(from)}`,
  );
  const [counts = {}] = rows;
  return {
    rows: Number(counts.rows),
    columns: columns.map((column, index) => ({ ...column, nulls: Number(counts[`n${index}`]) })),
  };
}

/**
 * The order of rows is part of the bytes, and a query has none that is definite: rows are sorted by `order_by`, then by
 * the text of every column from left to right, byte by byte, so that only rows equal in all of them could change
 * places. Collations of the operating system differ between machines and years: text is sorted under `C`.
 */
export function exportStatement(
  from: Pick<PostgresOrigin, 'query' | 'order_by'>,
  columns: readonly Typed[],
): string {
  const wanted = columns.map(({ name, type }) => {
    const quoted = escapeIdentifier(name);
    return type === 'boolean' ? `${quoted}::text AS ${quoted}` : quoted;
  });
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const first = (from.order_by ?? []).map((name) => {
    const isText = /^(?:text|character|citext)/.test(types.get(name) ?? '');
    return `source.${escapeIdentifier(name)}${isText ? '::text COLLATE "C"' : ''}`;
  });
  const then = columns.map(({ name }) => `source.${escapeIdentifier(name)}::text COLLATE "C"`);
  return `COPY (SELECT ${wanted.join(', ')} FROM ${source(from)} ORDER BY ${[...first, ...then].join(', ')}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')`;
}

/** The query on lines of its own, so that a comment at its end hides nothing. */
function source({ query }: Pick<PostgresOrigin, 'query'>): string {
  return `(\n${query.replace(/[;\s]+$/, '')}\n) AS source`;
}
