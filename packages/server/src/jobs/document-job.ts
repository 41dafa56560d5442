// SPDX-License-Identifier: Apache-2.0
import {
  completeness,
  enforcementCaveat,
  enforcementGrade,
  type GeneratedDocumentContent,
  originOfVersion,
  type RecordSet,
  readTier,
  type VersionContext,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import {
  compileDocument,
  compilePccp,
  type DocumentInput,
  type DocumentModel,
  MODEL_DEVELOPMENT,
  PCCP,
  PCCP_TEMPLATE,
  recordsInForce,
  renderHtml,
  renderJson,
  renderPdf,
} from '../dossier/index.ts';
import { ServerError } from '../errors.ts';
import { recordByPlatform } from '../records/index.ts';
import {
  carriedEvidence,
  evidenceStatus,
  type PackInForce,
  packsInForce,
} from '../registry/index.ts';
import type { JobRunner } from './job.ts';
import { documentParams, readParams } from './job-params.ts';
import { registeredContext } from './version-facts.ts';

/** Documents are compiled from records alone; a version that no run made has them like any other. */
interface DocumentedVersion {
  readonly set: RecordSet;
  readonly version: VersionContext;
}

/** Compiles a document from records, renders it as PDF/A, HTML and JSON, and records what was issued. */
export const documentJob: JobRunner = async (context, work) => {
  const {
    document = MODEL_DEVELOPMENT,
    framework,
    envelope,
    ...ref
  } = readParams(documentParams, work.params);
  const set = await context.records.current();
  const facts: DocumentedVersion = { set, version: registeredContext(context, set, ref).context };
  const { model, template, source } = PCCP_NAMES.includes(document)
    ? compileEnvelope(context, facts, envelope)
    : compileOfPack(context, facts, { document, framework });
  work.report(`${document} by ${template}`);
  const rendered = await render(context, model);
  const content: GeneratedDocumentContent = {
    document: model.id,
    title: model.title,
    template,
    evidenceSet: model.evidenceSetDigest,
    rendered,
    gaps: model.sections.reduce(
      (sum, { blocks }) => sum + blocks.filter(({ kind }) => kind === 'gap').length,
      0,
    ),
  };
  const { model: name, use, version, artifactDigest } = facts.version;
  return async (tx) => {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'generated-document',
      kind: model.id,
      scope: 'version',
      subjectRef: { model: name, use, version, artifactDigest },
      producer: 'registry',
      source: [source],
      blobs: rendered.map((one) => one.digest),
      content,
    });
    return {
      records: [digest],
      model: name,
      version,
      document: model.id,
      rendered,
      gaps: content.gaps,
    };
  };
};

interface Compiled {
  readonly model: DocumentModel;
  readonly template: string;
  /** The record that it was compiled by: a pack, an envelope. */
  readonly source: string;
}

/** As the catalogue calls it, and as people do. */
const PCCP_NAMES: readonly string[] = [PCCP, 'doc/pccp'];

function compileEnvelope(
  context: ServerContext,
  { set, version }: DocumentedVersion,
  envelope: string | undefined,
): Compiled {
  const facts = documentFacts(context, { set, version });
  const { model, envelope: printed } = compilePccp({ set, context: version, facts, envelope });
  return { model, template: PCCP_TEMPLATE, source: printed };
}

function compileOfPack(
  context: ServerContext,
  facts: DocumentedVersion,
  wanted: { readonly document: string; readonly framework?: string | undefined },
): Compiled {
  const pack = packOf(facts, wanted);
  return {
    model: compile(context, facts, { pack, document: wanted.document }),
    template: `${pack.pack.id}@${pack.pack.version}`,
    source: pack.digest,
  };
}

function packOf(
  facts: DocumentedVersion,
  wanted: { readonly document: string; readonly framework?: string | undefined },
): PackInForce {
  const packs = packsInForce(facts.set);
  const found = packs.find(({ pack }) =>
    wanted.framework === undefined
      ? pack.documents.some(({ id }) => id === wanted.document)
      : pack.id === wanted.framework,
  );
  if (found !== undefined) return found;
  const known = packs.flatMap(({ pack }) => pack.documents.map(({ id }) => id));
  throw new ServerError(
    'document_unknown',
    `no pack in force has the document \`${wanted.document}\`; there are ${known.join(', ') || 'none'}`,
  );
}

function compile(
  context: ServerContext,
  facts: DocumentedVersion,
  at: { readonly pack: PackInForce; readonly document: string },
): DocumentModel {
  const { set, version } = facts;
  const printed = documentFacts(context, facts);
  const { asOf, tier, origin } = printed;
  const [status] = evidenceStatus(set, version, { now: asOf, framework: at.pack.pack.id });
  const carried = carriedEvidence(set, version, asOf);
  const textDigest = set.byDigest.get(at.pack.digest)?.statement.predicate.content.textDigest;
  return compileDocument({
    pack: {
      pack: at.pack.pack,
      digest: typeof textDigest === 'string' ? textDigest : at.pack.digest,
    },
    document: at.document,
    records: withCarried(set, recordsInForce(set, version), carried),
    results: completeness(set, version, at.pack.pack, {
      tier,
      origin,
      reached: status?.reached ?? 'candidate',
      now: asOf,
      carried,
    }),
    context: version,
    facts: printed,
  });
}

function documentFacts(
  context: ServerContext,
  { set, version }: DocumentedVersion,
): DocumentInput['facts'] {
  const last = set.records.at(-1);
  return {
    firm: set.founding.firm,
    tier: readTier(set, version)?.tier ?? 'high',
    origin: originOfVersion(set, version),
    enforcementGrade: enforcementGrade(set, version),
    enforcementCaveat: enforcementCaveat(set, version),
    demonstration: set.founding.demonstration,
    // The date of a document is that of the last record it could know, so that the same records give the same bytes.
    asOf: last?.loggedAt ?? context.now(),
    asOfIndex: last?.index ?? 0,
  };
}

/** What was written about the version in production and stands for this one is printed where its own would be. */
function withCarried(
  set: RecordSet,
  own: DocumentInput['records'],
  carried: ReadonlyMap<string, string>,
): DocumentInput['records'] {
  const known = new Set(own.map(({ digest }) => digest));
  const more = [...carried.values()].flatMap((digest) =>
    known.has(digest) ? [] : (set.byDigest.get(digest) ?? []),
  );
  return [...own, ...more].sort((a, b) => a.index - b.index);
}

async function render(
  context: ServerContext,
  model: DocumentModel,
): Promise<GeneratedDocumentContent['rendered']> {
  const text = new TextEncoder();
  const bytes = {
    pdf: renderPdf(model).bytes,
    html: text.encode(renderHtml(model)),
    json: text.encode(renderJson(model)),
  };
  const rendered: GeneratedDocumentContent['rendered'][number][] = [];
  for (const format of ['pdf', 'html', 'json'] as const) {
    rendered.push({ format, ...(await context.blobs.put(bytes[format])) });
  }
  return rendered;
}
