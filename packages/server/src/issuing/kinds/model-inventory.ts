// SPDX-License-Identifier: Apache-2.0
import {
  findingsRegister,
  recordsOfType,
  reviewSchedule,
  supersededDigests,
  TIERS,
} from '@countersign/kernel';
import {
  type Block,
  NUMBER,
  paragraph,
  shownTime,
  tableBlock,
  textOf,
} from '../../dossier/index.ts';
import { listExceptions } from '../../governance/index.ts';
import {
  type InventoryModel,
  type InventoryUse,
  inventory,
  inventoryGraph,
  sharedRisk,
} from '../../registry/index.ts';
import type { CompiledDocument, DocumentKind, DocumentRequest } from '../document-kind.ts';
import { firmDocument, firmSection } from '../firm-subject.ts';

const ID = 'doc/model-inventory';
const TITLE = 'Inventory and aggregate risk report';

/** The firm's models as of a date, in the order of frameworks.md 14.1: who reads it asks for no single model. */
export const MODEL_INVENTORY: DocumentKind = { ids: [ID], compile: compileInventory };

type Section = { readonly digests: readonly string[]; readonly blocks: readonly Block[] };

function compileInventory(request: DocumentRequest): CompiledDocument {
  const { set, workspace, facts } = request;
  const models = inventory(set, { workspace, now: facts.asOf });
  const uses = models.reduce((sum, one) => sum + one.uses.length, 0);
  const sections = [
    ['Population', 'inventory-entry', population(models)],
    ['Reviews and findings past their day', 'finding', overdue(request)],
    ['Exceptions and provisional use', 'exception-record', exceptions(request)],
    ['Dependencies and shared assumptions', 'inventory-entry', dependencies(models)],
    ['Scope decisions', 'scope-determination', scopes(request)],
    ['Retirements', 'deployment-record', retirements(request)],
  ] as const;
  return firmDocument(request, {
    id: ID,
    title: TITLE,
    subtitle: shownTime(facts.asOf).slice(0, 10),
    template: 'model-inventory@1',
    summary: [paragraph(`${models.length} models with ${uses} uses are in the inventory.`)],
    sections: sections.map(([title, evidence, section], index) =>
      firmSection(index + 1, title, { evidence, ...section }),
    ),
  });
}

interface Row {
  readonly model: InventoryModel;
  readonly use: InventoryUse | undefined;
}

/** A row for each use; a model without one has a row all the same. */
function rowsOf(model: InventoryModel): readonly Row[] {
  return model.uses.length === 0
    ? [{ model, use: undefined }]
    : model.uses.map((use) => ({ model, use }));
}

function population(models: readonly InventoryModel[]): Section {
  const rows = models.flatMap(rowsOf);
  const tiers = [...TIERS, undefined].map((tier) => {
    const own = rows.filter(({ use }) => use?.tier === tier);
    const live = own.filter(({ use }) => use?.stage === 'production').length;
    return [tier ?? 'no tier yet', String(own.length), String(live)];
  });
  return {
    digests: models.flatMap(({ entry }) => entry ?? []),
    blocks: [
      ...tableBlock(
        ['Risk tier', { title: 'Uses', ...NUMBER }, { title: 'In production', ...NUMBER }],
        tiers.filter(([, count]) => count !== '0'),
        { caption: 'Uses by tier' },
      ),
      ...tableBlock(
        [
          'Model',
          'Use',
          'Tier',
          'Status',
          'Business line',
          'Owner',
          'Enforcement',
          'Open findings',
        ],
        rows.map(({ model, use }, index) => [
          {
            text: model.name || model.model,
            ...(model.entry !== undefined && { cite: model.entry }),
          },
          use?.use,
          use?.tier ?? 'none yet',
          use === undefined ? 'no use' : use.stage,
          model.businessLine,
          use?.owner ?? model.owner,
          model.enforcement,
          index > 0 && rows[index - 1]?.model === model ? '' : String(model.openFindings),
        ]),
        { caption: 'Models and their uses' },
      ),
      ...(rows.length === 0 ? [paragraph('The inventory is empty.')] : []),
    ],
  };
}

function overdue({ set, workspace, facts }: DocumentRequest): Section {
  const now = facts.asOf;
  const reviews = reviewSchedule(set, { workspace, now }).filter(
    ({ state }) => state === 'overdue' || state === 'triggered',
  );
  const findings = findingsRegister(set, { workspace, now, overdue: true });
  const blocks = [
    ...tableBlock(
      ['Model', 'Use', 'Tier', 'State', 'Due', 'Why'],
      reviews.map(({ model, use, tier, state, due, triggers }) => [
        model,
        use,
        tier,
        state,
        due?.slice(0, 10) ?? '',
        triggers.map(({ text }) => text).join('; '),
      ]),
      { caption: 'Reviews overdue or triggered' },
    ),
    ...tableBlock(
      ['Finding', 'Model', 'Title', 'Severity', 'Owner', { title: 'Days overdue', ...NUMBER }],
      findings.map(({ id, model, content, digest, daysOverdue }) => [
        { text: id, cite: digest },
        model,
        content.title,
        content.severity,
        content.owner,
        String(daysOverdue),
      ]),
      { caption: 'Findings past their day' },
    ),
  ];
  return {
    digests: findings.map(({ digest }) => digest),
    blocks: blocks.length > 0 ? blocks : [paragraph('No review and no finding is past its day.')],
  };
}

function exceptions({ set, workspace, facts }: DocumentRequest): Section {
  const running = listExceptions(set, { workspace, now: facts.asOf, state: 'running' });
  const blocks = tableBlock(
    ['Exception', 'Model', 'Use', 'What it excuses', 'Limits', 'Expires'],
    running.map(({ digest, model, use, condition, limits, expires }) => [
      { text: 'record', cite: digest },
      model,
      use,
      condition,
      limits,
      expires.slice(0, 10),
    ]),
    { caption: 'Exceptions that run' },
  );
  return {
    digests: running.map(({ digest }) => digest),
    blocks: blocks.length > 0 ? blocks : [paragraph('No exception and no provisional use runs.')],
  };
}

function dependencies(models: readonly InventoryModel[]): Section {
  const { edges } = inventoryGraph(models);
  const blocks = [
    ...tableBlock(
      ['From', 'To', 'Link'],
      edges.map(({ from, to, type }) => [from, to, type.replaceAll('-', ' ')]),
      { caption: 'Links between models' },
    ),
    ...tableBlock(
      ['Shared', 'What', 'Models', { title: 'In use', ...NUMBER }],
      sharedRisk(models).map(({ of, tag, models: own, inUse }) => [
        of,
        tag,
        own.join(', '),
        String(inUse),
      ]),
      { caption: 'Assumptions and sources that several models rest on' },
    ),
  ];
  return {
    digests: [],
    blocks:
      blocks.length > 0
        ? blocks
        : [paragraph('No links between models and no shared assumptions are on record.')],
  };
}

function scopes({ set, workspace }: DocumentRequest): Section {
  const superseded = supersededDigests(set);
  const decided = recordsOfType(set, 'scope-determination').filter(
    ({ digest, statement }) =>
      !superseded.has(digest) && statement.predicate.subjectRef.workspace === workspace,
  );
  const blocks = tableBlock(
    ['Model', 'Use', 'Pack', 'In scope', 'Rationale'],
    decided.map(({ digest, statement: { predicate } }) => [
      { text: predicate.subjectRef.model ?? '', cite: digest },
      predicate.subjectRef.use,
      textOf(predicate.content.pack),
      textOf(predicate.content.inScope),
      textOf(predicate.content.rationale),
    ]),
    { caption: 'Packs by model and use' },
  );
  return {
    digests: decided.map(({ digest }) => digest),
    blocks: blocks.length > 0 ? blocks : [paragraph('No scope has been decided yet.')],
  };
}

function retirements({ set, workspace }: DocumentRequest): Section {
  const retired = recordsOfType(set, 'deployment-record').filter(
    ({ statement: { predicate } }) =>
      predicate.kind === 'retire' && predicate.subjectRef.workspace === workspace,
  );
  const blocks = tableBlock(
    ['Model', { title: 'Version', ...NUMBER }, 'Use', 'Retired on', 'Why'],
    retired.map(({ digest, loggedAt, statement: { predicate } }) => [
      { text: predicate.subjectRef.model ?? '', cite: digest },
      String(predicate.subjectRef.version ?? ''),
      predicate.subjectRef.use,
      loggedAt.slice(0, 10),
      textOf(predicate.content.reason),
    ]),
    { caption: 'Versions retired' },
  );
  return {
    digests: retired.map(({ digest }) => digest),
    blocks: blocks.length > 0 ? blocks : [paragraph('No version has been retired.')],
  };
}
