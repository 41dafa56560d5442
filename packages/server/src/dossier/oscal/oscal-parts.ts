// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord } from '@countersign/kernel';
import { v5 } from 'uuid';
import { OSCAL_VERSION, type OscalInput, type OscalJson } from './oscal-input.ts';

/** RFC 9562, 5.5: the same name gives the same UUID, so that the same records give the same document. */
const NAMESPACE = '4d9a1f0e-6a52-5c9b-8f0c-2c8f5d3b7e11';

export function uuidOf(...parts: readonly string[]): string {
  return v5(parts.join('\n'), NAMESPACE);
}

/** Names of parts within one version of one model. */
export function nameOf({ context }: OscalInput): string {
  const { workspace, model, use, version } = context;
  return `${workspace}/${model}/${use}/${version}`;
}

/** `nist-800-53/CM-3(2).test` is control `cm-3.2`. Undefined where a clause names no control. */
export function controlId(clause: string): string | undefined {
  const found = /\/([A-Z]{2})-(\d{1,2})(?:\((\d{1,2})\))?(?:\.|$)/.exec(clause);
  if (found === null) return undefined;
  const [, family = '', number = '', enhancement] = found;
  const base = `${family.toLowerCase()}-${Number(number)}`;
  return enhancement === undefined ? base : `${base}.${Number(enhancement)}`;
}

export function metadataOf(input: OscalInput, title: string): OscalJson {
  const party = uuidOf('firm', input.firm);
  return {
    title,
    'last-modified': input.asOf,
    version: `log-${input.asOfIndex}`,
    'oscal-version': OSCAL_VERSION,
    roles: [{ id: 'provider', title: 'Whoever answers for the system' }],
    parties: [{ uuid: party, type: 'organization', name: input.firm }],
    'responsible-parties': [{ 'role-id': 'provider', 'party-uuids': [party] }],
  };
}

export function resourceUuid(digest: string): string {
  return uuidOf('record', digest);
}

/** One back-matter resource a record, with the digest that names it. */
export function resourceOf({ digest, statement, loggedAt }: CountedRecord): OscalJson {
  const { type, kind, actor } = statement.predicate;
  return {
    uuid: resourceUuid(digest),
    title: kind === undefined ? type : `${type} (${kind})`,
    description: `Record by ${actor}, in the log since ${loggedAt}.`,
    rlinks: [
      {
        href: `/v1/records/${digest}`,
        'media-type': 'application/json',
        hashes: [{ algorithm: 'SHA-256', value: digest }],
      },
    ],
  };
}

/** Records that clauses rest on, each once, in log order. */
export function evidenceRecords({ set, clauses }: OscalInput): readonly CountedRecord[] {
  const digests = new Set(
    clauses.flatMap(({ evidence }) => evidence.flatMap(({ records }) => records)),
  );
  return set.records.filter(({ digest }) => digests.has(digest));
}

/** `back-matter` may not be empty. */
export function backMatter(records: readonly CountedRecord[]): OscalJson {
  return records.length === 0 ? {} : { 'back-matter': { resources: records.map(resourceOf) } };
}
