// SPDX-License-Identifier: Apache-2.0
import {
  type Draft,
  personStatement,
  type Statement,
  type Statesman,
  sha256Hex,
  statementBytes,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';

/** A statement with the bytes that are signed and the digest that names them. */
export interface DraftedStatement {
  readonly statement: Statement;
  readonly payload: Uint8Array;
  readonly digest: string;
}

/** Drafts what a person says exactly as the command line does. @throws KernelError where it is no statement */
export function draftStatement(draft: Draft, by: Statesman): DraftedStatement {
  const statement = personStatement(noblePrimitives, draft, by);
  const payload = statementBytes(statement);
  return { statement, payload, digest: sha256Hex(noblePrimitives, payload) };
}
