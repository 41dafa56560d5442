// SPDX-License-Identifier: Apache-2.0
import type { Client } from 'pg';

/** What a database's own catalogue says of our schema, one line a fact, sorted: for comparing with the committed one. */
export async function readCatalogue(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ fact: string }>(`
    SELECT format('column %s.%s %s%s%s', c.table_name, c.column_name, pg_catalog.format_type(a.atttypid, a.atttypmod),
             CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
             CASE WHEN c.column_default IS NULL THEN '' ELSE ' default ' || c.column_default END) AS fact
      FROM information_schema.columns c
      JOIN pg_attribute a ON a.attrelid = format('public.%I', c.table_name)::regclass AND a.attname = c.column_name
     WHERE c.table_schema = 'public'
    UNION ALL
    SELECT format('constraint %s: %s', conrelid::regclass, pg_get_constraintdef(oid))
      FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND contype <> 'n' -- 'n' is new in PostgreSQL 18, and a column fact
    UNION ALL
    SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT format('function %s security definer %s', oid::regprocedure, prosecdef)
      FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('grant %s on %s', string_agg(privilege_type, ', ' ORDER BY privilege_type), table_name)
      FROM information_schema.role_table_grants
     WHERE table_schema = 'public' AND grantee = 'countersign_grants'
     GROUP BY table_name`);
  return rows.map((row) => row.fact).sort();
}
