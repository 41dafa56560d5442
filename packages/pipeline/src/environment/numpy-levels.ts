// SPDX-License-Identifier: Apache-2.0

/** A Python program that prints the levels that the installed numpy chooses among, as JSON; `[]` without numpy. */
export const READ_LEVELS = `
import json
try:
    from numpy._core._multiarray_umath import __cpu_dispatch__ as levels
except ImportError:
    try:
        from numpy.core._multiarray_umath import __cpu_dispatch__ as levels
    except ImportError:
        levels = []
print(json.dumps(list(levels)))
`;
