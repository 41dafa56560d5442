// SPDX-License-Identifier: Apache-2.0
import type { SchemaDiff } from './diff-report.ts';

export interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

/** The roles of a column as its record writes them: `feature protected`. */
export type ColumnRoles = ReadonlyMap<string, string>;

export interface CommonColumn {
  readonly name: string;
  readonly types: readonly [first: string, second: string];
}

/** Columns of one side and of both, in the order of the second table (the removed: of the first). */
export function compareSchema(
  first: readonly TypedColumn[],
  second: readonly TypedColumn[],
  roles?: readonly [ColumnRoles, ColumnRoles],
): SchemaDiff & { readonly common: readonly CommonColumn[] } {
  const before = new Map(first.map(({ name, type }) => [name, type]));
  const after = new Set(second.map(({ name }) => name));
  const common = second.flatMap(({ name, type }): readonly CommonColumn[] => {
    const was = before.get(name);
    return was === undefined ? [] : [{ name, types: [was, type] }];
  });
  const listed = ({ name, type }: TypedColumn) => ({ column: name, type });
  return {
    added: second.filter(({ name }) => !before.has(name)).map(listed),
    removed: first.filter(({ name }) => !after.has(name)).map(listed),
    changed: common.flatMap(({ name, types }) => [
      ...difference(name, 'type', types),
      ...(roles === undefined
        ? []
        : difference(name, 'roles', [roles[0].get(name) ?? '', roles[1].get(name) ?? ''])),
    ]),
    common,
  };
}

function difference(
  column: string,
  what: 'type' | 'roles',
  [first, second]: readonly [string, string],
): SchemaDiff['changed'] {
  return first === second ? [] : [{ column, what, first, second }];
}
