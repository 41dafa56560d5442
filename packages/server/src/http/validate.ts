// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';
import { ServerError } from '../errors.ts';

/** Problems listed in one answer at most; a body of wrong rows must not grow a larger answer. */
const PROBLEMS_MAX = 50;

/**
 * Reads a part of a request by its schema. Without a schema the part must be absent or empty.
 * @throws ServerError `request_malformed` naming the member
 */
export function readPart<Schema extends z.ZodType>(
  schema: Schema | undefined,
  value: unknown,
  part: 'params' | 'query' | 'headers' | 'body',
): z.infer<Schema> {
  if (schema === undefined) {
    refuseUnexpected(value, part);
    return undefined as z.infer<Schema>; // a route without the schema has no member of the part to read
  }
  refuseNul(value, [part]);
  const result = schema.safeParse(value ?? (part === 'body' ? undefined : {}));
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, PROBLEMS_MAX).map((issue) => ({
    place: [part, ...issue.path.map(String)].join('.'),
    message: wording(issue),
  }));
  const first = problems[0] ?? { place: part, message: 'unreadable' };
  throw new ServerError('request_malformed', `\`${first.place}\`: ${first.message}`, {
    details: { field: first.place, problems },
  });
}

function refuseUnexpected(value: unknown, part: string): void {
  const isEmpty =
    value === undefined ||
    value === null ||
    (typeof value === 'object' && Object.keys(value).length === 0);
  if (!isEmpty) {
    throw new ServerError('request_malformed', `\`${part}\`: this route takes none`, {
      details: { field: part },
    });
  }
}

/** JSON and percent-encoding can write U+0000; PostgreSQL holds it in no text and no jsonb. */
function refuseNul(value: unknown, path: readonly string[]): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw holdsNul(path.join('.'));
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    if (name.includes('\0')) throw holdsNul(`${path.join('.')}: a member's name`);
    refuseNul(one, [...path, name]);
  }
}

function holdsNul(field: string): ServerError {
  return new ServerError(
    'request_malformed',
    `\`${field}\`: holds the character U+0000, which cannot be stored; leave it out`,
    { details: { field } },
  );
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `${issue.keys.map((key) => `\`${key}\``).join(', ')} not known here`;
  }
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}
