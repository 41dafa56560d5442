// SPDX-License-Identifier: Apache-2.0
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Mount } from '../sandbox/system-mounts.ts';
import type { IcebergCatalog } from './lakehouse-facts.ts';

/** Which version of which table, whether a pipeline file asks for it or a record remembers it. */
export type WantedTable = {
  readonly columns: readonly string[] | null;
  readonly where: string | null;
  readonly region: string | null;
  readonly endpoint: string | null;
} & (
  | { readonly kind: 'delta'; readonly table: string; readonly version: number }
  | {
      readonly kind: 'iceberg';
      readonly table: string;
      readonly snapshot: string;
      readonly catalog: IcebergCatalog | null;
    }
);

/** Where the reading program finds a table, and what of this machine it must see for that. */
export interface TablePlace {
  /** The address inside the sandbox. */
  readonly place: string;
  readonly mounts: readonly Mount[];
  readonly network: boolean;
}

/** Inside the sandbox; a Delta table names its files by paths below itself, so it may lie anywhere. */
const DELTA_PLACE = '/table';
const SQLITE_SIDE_FILES = ['-journal', '-wal', '-shm'];

/** The path of a table on this machine; undefined when it is elsewhere. */
export function localPath(address: string): string | undefined {
  if (address.startsWith('/')) return address;
  return address.startsWith('file://') ? address.slice('file://'.length) : undefined;
}

/**
 * Nothing of the machine is shown but the table's own directory (of an Iceberg table in a catalog: its warehouse and
 * the catalog's file), read-only. Undefined when that does not exist.
 */
export async function placeTable(wanted: WantedTable): Promise<TablePlace | undefined> {
  if (wanted.kind === 'delta') return placeDelta(wanted.table);
  const { catalog, table } = wanted;
  if (catalog !== null) return placeInCatalog(table, catalog);
  const local = localPath(table);
  if (local === undefined) return { place: table, mounts: [], network: true };
  // `<table>/metadata/<file>`, and the table names its files by whole paths: it is shown at its own.
  const mount = await shown(dirname(dirname(local)));
  return mount === undefined ? undefined : { place: table, mounts: [mount], network: false };
}

async function placeDelta(table: string): Promise<TablePlace | undefined> {
  const local = localPath(table);
  if (local === undefined) return { place: table, mounts: [], network: true };
  const mount = await shown(local, DELTA_PLACE);
  return mount === undefined ? undefined : { place: DELTA_PLACE, mounts: [mount], network: false };
}

async function placeInCatalog(
  table: string,
  { uri, warehouse }: { readonly uri: string; readonly warehouse: string },
): Promise<TablePlace | undefined> {
  const database = uri.slice('sqlite:///'.length);
  const file = await shown(database);
  if (file === undefined) return undefined;
  const beside = await Promise.all(SQLITE_SIDE_FILES.map((end) => shown(`${database}${end}`)));
  const local = localPath(warehouse);
  const files = [file, ...beside.filter((mount) => mount !== undefined)];
  if (local === undefined) return { place: table, mounts: files, network: true };
  const lake = await shown(local);
  // The catalog's file may lie in the warehouse, so the larger directory is laid down first.
  return lake === undefined
    ? undefined
    : { place: table, mounts: [lake, ...files], network: false };
}

async function shown(path: string, target = path): Promise<Mount | undefined> {
  const source = await realpath(path).catch(() => undefined); // told as missing, with its line
  if (source === undefined || source === '/') return undefined;
  return { source, target: target.replace(/(?<=.)\/+$/, '') };
}
