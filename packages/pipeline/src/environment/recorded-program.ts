// SPDX-License-Identifier: Apache-2.0
import { basename, isAbsolute } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { Interpreter } from './interpreter.ts';

/**
 * The path of a recorded Python. It is started to be described, and outside of the sandbox: a record that somebody else
 * made may not name just any program of this machine. Throws PipelineError `interpreter_missing`.
 */
export function recordedProgram({ program }: Pick<Interpreter, 'program'>): string {
  if (isAbsolute(program) && /^(?:python|pypy)[\w.-]*$/.test(basename(program))) return program;
  const message = `the record names \`${program.slice(0, 200)}\` as its Python, which is no path of one; name the interpreter yourself`;
  throw new PipelineError('interpreter_missing', message);
}
