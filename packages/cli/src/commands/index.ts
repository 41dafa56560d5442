// SPDX-License-Identifier: Apache-2.0
import type { Command } from '../command/command.ts';
import { admission } from './admission.ts';
import { approve, reject } from './approve.ts';
import { asOf } from './as-of.ts';
import { assess } from './assess.ts';
import { attach } from './attach.ts';
import { keysAttest } from './attest.ts';
import { attribute } from './attribute.ts';
import { backup, restore } from './backup.ts';
import { exportCase, verify } from './case-file.ts';
import { dataAdd } from './data.ts';
import { dataDiffCommand } from './data-diff.ts';
import { dataLeases } from './data-leases.ts';
import { dataForget, dataGc, dataList, dataShow } from './data-versions.ts';
import { decide, decisions } from './decide.ts';
import { discuss } from './discuss.ts';
import { dossier } from './dossier.ts';
import { dossierCheck, dossierFetch, dossierList, dossierSign } from './dossier-issued.ts';
import { afterReview, envelope, envelopeRender } from './envelope.ts';
import { environmentImport, environmentSbom } from './environment.ts';
import { evidence } from './evidence.ts';
import { evidenceDraft } from './evidence-draft.ts';
import { exam, examPosture } from './exam.ts';
import { exceptions, exceptionsRequest, exceptionsSign } from './exceptions.ts';
import {
  findings,
  findingsAccept,
  findingsClose,
  findingsExtend,
  findingsOpen,
  findingsReopen,
  findingsRespond,
  findingsRetest,
} from './findings.ts';
import { found } from './found.ts';
import { foundingObject, foundingRecover, foundingRotate, foundingShow } from './founding.ts';
import { gate } from './gate.ts';
import { hazards } from './hazards.ts';
import { identityProviderPropose } from './identity-provider.ts';
import { inbox } from './inbox.ts';
import { init } from './init.ts';
import { inventory, inventoryGraph, inventoryImport, inventoryShared } from './inventory.ts';
import { jobs, jobsShow, rebuilds, workers } from './jobs.ts';
import { keysEnrol, keysList, keysReinstate, keysRetire, keysSuspend } from './keys.ts';
import { keysPassphrase } from './keys-passphrase.ts';
import { ledgerCheckpoint, ledgerRebuild, ledgerVerify } from './ledger.ts';
import { legalHoldLift, legalHoldList, legalHoldPlace, legalHoldShow } from './legal-hold.ts';
import { login } from './login.ts';
import { monitor, test } from './measure.ts';
import { measure } from './measure-table.ts';
import { models, versions } from './models.ts';
import { modelsFetch } from './models-fetch.ts';
import { modelsOnboard } from './models-onboard.ts';
import { modelsRegister } from './models-register.ts';
import { notices, noticesRetry, noticesSettings, noticesTest } from './notices.ts';
import { noticesChannel, noticesSecret } from './notices-channel.ts';
import { overlays, overlaysAdd, overlaysExpire } from './overlays.ts';
import { packsCheck } from './packs-check.ts';
import { packsDiff } from './packs-diff.ts';
import { packsList } from './packs-list.ts';
import { keysNew, people, peopleAdd } from './people.ts';
import { policy, policyCheck, policyEffect } from './policy.ts';
import { promote } from './promote.ts';
import { propose } from './propose.ts';
import { provenance } from './provenance.ts';
import { actions, outcomes } from './report.ts';
import { reproduce } from './reproduce.ts';
import { resume } from './resume.ts';
import { retentionExplain, retentionPlan, retentionSweep } from './retention.ts';
import {
  reviews,
  reviewsAttest,
  reviewsCampaign,
  reviewsCampaigns,
  reviewsRecord,
  reviewsWorkload,
} from './reviews.ts';
import { revoke } from './revoke.ts';
import { keysRotateService } from './rotate-service.ts';
import { run } from './run.ts';
import { runs, runsShow } from './runs.ts';
import { serve } from './serve.ts';
import { sessions, sessionsEnd, sessionsEndOthers } from './sessions.ts';
import { show } from './show.ts';
import { sign } from './sign.ts';
import { submit } from './submit.ts';
import { tokens, tokensNew, tokensRevoke } from './tokens.ts';
import { trace } from './trace.ts';
import { up } from './up.ts';
import { validate } from './validate.ts';
import { vsa } from './vsa.ts';
import { exceptionsProvisional, exceptionsWaive } from './waive.ts';
import { worker } from './worker.ts';

/** Every command, in the order of a model's life. */
export const COMMANDS: readonly Command[] = [
  up,
  worker,
  workers,
  jobs,
  jobsShow,
  rebuilds,
  backup,
  restore,
  found,
  login,
  sessions,
  sessionsEnd,
  sessionsEndOthers,
  tokens,
  tokensNew,
  tokensRevoke,
  people,
  peopleAdd,
  keysNew,
  keysPassphrase,
  keysAttest,
  keysEnrol,
  keysList,
  keysSuspend,
  keysReinstate,
  keysRetire,
  keysRotateService,
  foundingShow,
  foundingRotate,
  foundingRecover,
  foundingObject,
  identityProviderPropose,
  init,
  propose,
  provenance,
  run,
  runs,
  runsShow,
  dataAdd,
  dataList,
  dataShow,
  dataForget,
  dataGc,
  dataDiffCommand,
  dataLeases,
  sign,
  attribute,
  inventory,
  inventoryImport,
  inventoryGraph,
  inventoryShared,
  models,
  modelsRegister,
  modelsOnboard,
  modelsFetch,
  attach,
  versions,
  show,
  asOf,
  evidence,
  evidenceDraft,
  hazards,
  test,
  measure,
  submit,
  envelope,
  envelopeRender,
  afterReview,
  validate,
  reproduce,
  assess,
  findings,
  findingsOpen,
  findingsRespond,
  findingsExtend,
  findingsAccept,
  findingsRetest,
  findingsClose,
  findingsReopen,
  reviews,
  reviewsRecord,
  reviewsWorkload,
  reviewsCampaign,
  reviewsCampaigns,
  reviewsAttest,
  overlays,
  overlaysAdd,
  overlaysExpire,
  retentionPlan,
  retentionExplain,
  retentionSweep,
  legalHoldPlace,
  legalHoldList,
  legalHoldShow,
  legalHoldLift,
  environmentImport,
  environmentSbom,
  inbox,
  notices,
  noticesSettings,
  noticesChannel,
  noticesSecret,
  noticesTest,
  noticesRetry,
  approve,
  reject,
  discuss,
  exceptions,
  exceptionsRequest,
  exceptionsSign,
  exceptionsWaive,
  exceptionsProvisional,
  policy,
  policyCheck,
  policyEffect,
  packsList,
  packsCheck,
  packsDiff,
  promote,
  gate,
  admission,
  vsa,
  revoke,
  resume,
  serve,
  decide,
  actions,
  outcomes,
  decisions,
  monitor,
  trace,
  dossier,
  dossierList,
  dossierCheck,
  dossierSign,
  dossierFetch,
  exam,
  examPosture,
  exportCase,
  verify,
  ledgerCheckpoint,
  ledgerVerify,
  ledgerRebuild,
];
