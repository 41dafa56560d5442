// SPDX-License-Identifier: Apache-2.0
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { PipelineError } from '../errors.ts';
import { parsePipelineFile } from './parse-pipeline-file.ts';
import type { PinnedOrigin } from './pinned-origin.ts';

/**
 * The text of a pipeline file with the `from:` of one dataset replaced by a data version, and not a byte changed elsewhere:
 * comments, order and blank lines are a person's. Throws PipelineError `pipeline_file_invalid` when the dataset is not
 * declared, or when what it says of itself does not go with the version (a folder has no columns).
 */
export function pinSnapshot(
  text: string,
  name: string,
  pin: { dataset: string; from: PinnedOrigin },
): string {
  parsePipelineFile(text, name);
  const { dataset, from } = pin;
  const data = memberOf(parseDocument(text, { schema: 'core' }).contents, 'data');
  const declared = memberOf(data, dataset);
  const old = isMap(declared) ? pairOf(declared, 'from')?.value : undefined;
  const start = isNode(old) ? old.range?.[0] : undefined;
  const end = endOf(old);
  if (start === undefined || end === undefined) {
    const message = `\`${name}\` declares no dataset \`${dataset}\`; add it under \`data:\` with \`from: ${flow(from)}\``;
    throw new PipelineError('pipeline_file_invalid', message, { details: { dataset } });
  }
  const kept = text.slice(0, end).trimEnd().length; // a block of text ends behind its line break
  const written = `${text.slice(0, start)}${flow(from)}${text.slice(kept)}`;
  parsePipelineFile(written, name);
  return written;
}

/** Of a value's own text: the range of a block runs on over comments and line breaks behind it. */
function endOf(node: unknown): number | undefined {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    return endOf(isPair(last) ? (last.value ?? last.key) : last);
  }
  return isNode(node) ? node.range?.[1] : undefined;
}

function flow({ snapshot, file, parts }: PinnedOrigin): string {
  const which = file === undefined ? '' : `, file: ${JSON.stringify(file)}`;
  return `{ snapshot: "${snapshot}"${which}${parts === undefined ? '' : `, parts: ${parts}`} }`;
}

function memberOf(node: unknown, key: string): unknown {
  return isMap(node) ? pairOf(node, key)?.value : undefined;
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
}
