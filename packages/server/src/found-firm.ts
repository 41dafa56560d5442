// SPDX-License-Identifier: Apache-2.0
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerConfig, writeConfig } from './config-file.ts';
import { ServerError } from './errors.ts';
import { checkFoundingPlan, type Founded, type FoundingPlan, found } from './identity/index.ts';
import { type DataPlace, openData } from './open-data.ts';

export interface FoundFirmOptions extends DataPlace, Omit<FoundingPlan, 'workspace'> {
  /** `main` unless given. */
  readonly workspace?: string;
  /** 4170 and 4171 unless given. */
  readonly ports?: ServerConfig['ports'];
  readonly now?: () => string;
}

/**
 * Founds a firm in a new data directory: stores, keys, founding record, accounts and config.json, in this order.
 * @throws ServerError `already_founded`, `founding_invalid` and those of the store
 */
export async function foundFirm(options: FoundFirmOptions): Promise<Founded> {
  const {
    dataDir,
    databaseUrl,
    workspace = 'main',
    ports = { api: 4170, gateway: 4171 },
  } = options;
  checkFoundingPlan(options);
  await requireUnfounded(dataDir);
  const place: DataPlace = { dataDir, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  const data = await openData(place);
  try {
    const now = options.now ?? (() => new Date().toISOString());
    const result = await found({ ...data, now }, { ...options, workspace });
    await writeConfig(dataDir, {
      v: 1,
      root: result.root,
      firm: options.firm,
      workspace,
      demonstration: options.demonstration,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      ports,
    });
    return result;
  } finally {
    await data.close();
  }
}

/** Keys come before config.json: where there are keys alone, a founding was cut short, and nothing can rest on it. */
async function requireUnfounded(dataDir: string): Promise<void> {
  const has = (name: string) =>
    access(join(dataDir, name)).then(
      () => true,
      () => false,
    );
  const details = { dataDir };
  if (await has('config.json')) {
    const message = `\`${dataDir}\` holds a founded firm; choose another directory`;
    throw new ServerError('already_founded', message, { details });
  }
  if ((await has('people')) || (await has('keys'))) {
    const message = `founding in \`${dataDir}\` was cut short; remove the directory, and its database if it has one of its own elsewhere, and found again`;
    throw new ServerError('founding_interrupted', message, { details });
  }
}
