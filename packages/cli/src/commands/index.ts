// SPDX-License-Identifier: Apache-2.0
import type { Command } from '../command/command.ts';
import { approve, reject } from './approve.ts';
import { assess } from './assess.ts';
import { backup, restore } from './backup.ts';
import { exportCase, verify } from './case-file.ts';
import { dataAdd } from './data.ts';
import { decide, decisions } from './decide.ts';
import { dossier } from './dossier.ts';
import { evidence } from './evidence.ts';
import { exceptions, exceptionsRequest, exceptionsSign } from './exceptions.ts';
import { findings, findingsClose, findingsOpen, findingsRespond } from './findings.ts';
import { found } from './found.ts';
import { gate } from './gate.ts';
import { inbox } from './inbox.ts';
import { init } from './init.ts';
import { ledgerCheckpoint, ledgerRebuild, ledgerVerify } from './ledger.ts';
import { login } from './login.ts';
import { monitor, reproduce, test } from './measure.ts';
import { inventory, models, versions } from './models.ts';
import { keysEnrol, keysNew, people, peopleAdd } from './people.ts';
import { promote } from './promote.ts';
import { propose } from './propose.ts';
import { actions, outcomes } from './report.ts';
import { revoke } from './revoke.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { show } from './show.ts';
import { sign } from './sign.ts';
import { submit } from './submit.ts';
import { trace } from './trace.ts';
import { up } from './up.ts';
import { validate } from './validate.ts';

/** Every command, in the order of a model's life. */
export const COMMANDS: readonly Command[] = [
  up,
  backup,
  restore,
  found,
  login,
  people,
  peopleAdd,
  keysNew,
  keysEnrol,
  init,
  propose,
  run,
  dataAdd,
  sign,
  inventory,
  models,
  versions,
  show,
  evidence,
  test,
  submit,
  validate,
  reproduce,
  assess,
  findings,
  findingsOpen,
  findingsRespond,
  findingsClose,
  inbox,
  approve,
  reject,
  exceptions,
  exceptionsRequest,
  exceptionsSign,
  promote,
  gate,
  revoke,
  serve,
  decide,
  actions,
  outcomes,
  decisions,
  monitor,
  trace,
  dossier,
  exportCase,
  verify,
  ledgerCheckpoint,
  ledgerVerify,
  ledgerRebuild,
];
