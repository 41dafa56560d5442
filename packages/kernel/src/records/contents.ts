// SPDX-License-Identifier: Apache-2.0
import type { Hazard } from '../evidence/hazard.ts';
import type { Json } from '../json/parse.ts';

/**
 * What `predicate.content` holds, by record type. Types only: gates read what they need through the strict readers of
 * `gates/` and `warrants/`. Decimals are text (`canonicalDecimal` for measured values, shortest text for parameters);
 * integers are numbers; no binary float anywhere.
 */

/** A human paper (any `*.md` evidence): design-rationale, intended-use, dataset-datasheet, feature-catalogue, … */
export interface PaperContent {
  readonly title: string;
  /** Account of the author, who signs. */
  readonly author: string;
  /** The Markdown as written, by digest; it is in the blob store. */
  readonly text: {
    readonly digest: string;
    readonly size: number;
    readonly mediaType: 'text/markdown';
  };
  /** Body by `## Heading`, in order; the Markdown under each. */
  readonly sections: readonly { readonly heading: string; readonly markdown: string }[];
  /** Further front-matter members, as text. */
  readonly facts: { readonly [name: string]: string };
  readonly expires?: string;
  /** Of a risk-file whose hazards are listed: each with its controls and what verifies them. */
  readonly hazards?: readonly Hazard[];
}

/**
 * inventory-entry, scope model: the registry's card of any quantitative method in scope, ours or not. Members past `uses`
 * may be absent; what is there is read strictly (`evidence/inventory-entry.ts`).
 */
export interface InventoryEntryContent {
  readonly name: string;
  readonly purpose: string;
  readonly owner: string;
  readonly developer: string;
  readonly origin: 'built' | 'imported' | 'external';
  readonly businessLine: string;
  readonly jurisdictions: readonly string[];
  readonly uses: readonly string[];
  readonly kind?: ModelKind;
  /** Who makes it, where that is not the firm. */
  readonly vendor?: string;
  /** Where it is, if not here: documents, files and endpoints, by digest where there are bytes. */
  readonly location?: readonly ModelLocation[];
  /** What rests on it, as the owner states it: an amount of money on a day. */
  readonly exposure?: {
    readonly amount: string;
    readonly currency: string;
    readonly asOf?: string;
  };
  /** `YYYY-MM-DD`: it was in use before the firm came here. Declared, never proven. */
  readonly inUseSince?: string;
  readonly links?: readonly ModelLink[];
  /** Tags of assumptions and of data sources, for risk in aggregate: the same tag is the same thing. */
  readonly assumptions?: readonly string[];
  readonly sources?: readonly string[];
  /** Of uses that have an owner, a population or limits of their own. */
  readonly useTerms?: readonly UseTerms[];
}

export type ModelKind =
  | 'statistical'
  | 'machine-learning'
  | 'vendor-score'
  | 'scorecard'
  | 'spreadsheet'
  | 'sas'
  | 'r'
  | 'pmml'
  | 'expert'
  | 'rule';

export interface ModelLocation {
  readonly what: 'document' | 'file' | 'endpoint';
  readonly name: string;
  readonly digest?: string;
}

/** `feeds`: this model's answers are inputs of `model`. The other two hold in both directions. */
export interface ModelLink {
  readonly type: 'feeds' | 'shares-data' | 'shares-assumption';
  readonly model: string;
  readonly note?: string;
}

export interface UseTerms {
  readonly use: string;
  readonly owner?: string;
  readonly population?: string;
  readonly limits?: string;
}

/**
 * evidence-attachment: a file under an evidence id, vouched for by whoever signs. For versions that no run of ours made;
 * it fills a clause of a framework there and is never a measurement.
 */
export interface EvidenceAttachmentContent {
  readonly evidence: string;
  readonly kind?: string;
  readonly title: string;
  readonly file: {
    readonly name: string;
    readonly digest: string;
    readonly size: number;
    readonly mediaType: string;
  };
  /** Who made it, where that is not the signer: `vendor X`, `internal audit`. */
  readonly madeBy?: string;
  readonly statement: string;
  readonly expires?: string;
}

/** risk-tier, scope use. */
export interface RiskTierContent {
  readonly questionnaire: { readonly id: string; readonly version: string };
  readonly answers: readonly {
    readonly question: string;
    readonly text: string;
    readonly answer: string;
    readonly points: number;
  }[];
  readonly points: number;
  readonly computed: 'high' | 'medium' | 'low';
  readonly tier: 'high' | 'medium' | 'low';
  readonly override?: string;
  readonly fairLending: boolean;
  readonly groups: readonly { readonly attribute: string; readonly reference: string }[];
  readonly floors: readonly {
    readonly metric: string;
    readonly op: '>=' | '<=';
    readonly value: string;
  }[];
}

/** scope-determination, scope use; one record a pack. */
export interface ScopeDeterminationContent {
  readonly pack: string;
  readonly inScope: boolean;
  readonly rationale: string;
  readonly revisitTrigger: string;
}

/** role-assignment, scope model. */
export interface RoleAssignmentContent {
  readonly principal: string;
  readonly role: string;
  readonly from: string;
  readonly competence: string;
  readonly conflicts: string;
}

/** policy-document, scope firm. `kind`: promotion-policy (`policy`), framework-pack (`pack`), questionnaire, committee, deputies, retention (each under its name), notice-channels (`notices`). */
export interface PolicyDocumentContent {
  readonly title: string;
  readonly version: string;
  readonly textDigest: string;
  readonly policy?: Json;
  readonly pack?: Json;
  readonly questionnaire?: Json;
  /** `CommitteeCharter` of gates/committee-decision.ts. */
  readonly committee?: Json;
  /** `{deputations}` of gates/deputies.ts. */
  readonly deputies?: Json;
  /** `NoticeChannelsFile` of contract/notices.ts. */
  readonly notices?: Json;
  /** `RetentionPolicy` of retention/retention-policy.ts. */
  readonly retention?: Json;
}

/** dataset-snapshot, scope dataset; one record a split (development, holdout, stream) and one of the whole. */
export interface DatasetSnapshotContent {
  readonly dataset: string;
  readonly split: string;
  readonly sealed: boolean;
  readonly contentDigest: string;
  readonly schemaDigest: string;
  /** `folder`: files that are no table; `contentDigest` is then of their manifest, and `rows` counts them. */
  readonly format: 'csv' | 'parquet' | 'folder';
  readonly rows: number;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly role?: string;
  }[];
  /** Profile of each column: counts, missing, distinct, quantiles, top categories; as the pipeline wrote it. */
  readonly profile: Json;
  readonly source: Json;
  readonly exclusions: Json;
  /** Id of the key that the content is sealed under at rest: of personal data alone. */
  readonly encryptionKey?: string;
}

/** data-quality-report, scope dataset, kind training. */
export interface DataQualityContent {
  readonly dataset: string;
  readonly checks: readonly {
    readonly check: string;
    readonly severity: string;
    readonly threshold: string;
    readonly value: string;
    readonly result: 'pass' | 'fail' | 'warn';
  }[];
  /** Split independence, columns to question, label determination and the profile over readable splits; as the pipeline wrote it. */
  readonly measures?: Json;
}

/** representativeness-report, scope dataset. */
export interface RepresentativenessContent {
  readonly dataset: string;
  readonly population: string;
  readonly groups: readonly {
    readonly attribute: string;
    readonly group: string;
    readonly rows: number;
    readonly share: string;
    readonly declared?: string;
  }[];
  readonly conclusion: string;
}

/** source-revision, scope version. */
export interface SourceRevisionContent {
  readonly repository: string;
  readonly commit: string;
  readonly tree: string;
  readonly clean: boolean;
  readonly bundle: string;
  /**
   * Authors and committers of every commit it contains, by address and signing key. `account` is absent where the
   * platform knew no account of the address; `author-attribution` records may say later whose it is.
   */
  readonly authors: readonly {
    /** `<>` where the commit has none. */
    readonly email: string;
    readonly account?: string;
    /** `key`: `SHA256:…` of an SSH key, or fingerprint of an OpenPGP key in upper-case hex. */
    readonly signature?: {
      readonly format: 'ssh' | 'gpg';
      readonly key: string;
      readonly verified: boolean;
    };
  }[];
}

/** author-attribution, scope firm: whose a commit address is, and the key that signs under it. */
export interface AuthorAttributionContent {
  readonly email: string;
  /** An account, or `bot:<name>` for a programme. */
  readonly account: string;
  readonly reason: string;
  readonly commitKey?: string;
  /** The OpenPGP key that `commitKey` names, armoured: without it such signatures cannot be verified. */
  readonly publicKey?: string;
}

/** environment-lock, scope version. */
export interface EnvironmentLockContent {
  readonly lockDigest: string;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly wheel: string;
    readonly digest: string;
  }[];
  readonly interpreter: Json;
  readonly platform: Json;
  readonly determinism: Json;
  /** What `lockDigest` is of: a lock file, an image's manifest, the record of the machine's programs. */
  readonly kind?: 'python' | 'image' | 'host';
  /** Reference, digests of manifest, configuration and layers. */
  readonly image?: Json;
  readonly programs?: Json;
  /** How packages were installed. */
  readonly recipe?: string;
  /** The archived CycloneDX document. */
  readonly billOfMaterials?: { readonly digest: string; readonly size: number };
  /** What each package states of its licence, by name. */
  readonly licences?: { readonly [name: string]: string };
  /** Of the CPU, such as `x86-64-v3`. */
  readonly hardwareClass?: string;
}

/** training-run, scope version. */
export interface TrainingRunContent {
  readonly run: string;
  readonly promotable: boolean;
  readonly started: string;
  readonly ended: string;
  readonly steps: readonly {
    readonly name: string;
    readonly command: string;
    readonly network: boolean;
    readonly params: Json;
    readonly inputs: readonly {
      readonly name: string;
      readonly digest: string;
      readonly size: number;
    }[];
    readonly outputs: readonly {
      readonly name: string;
      readonly digest: string;
      readonly size: number;
    }[];
    readonly log: string;
    readonly exit: number;
    readonly started: string;
    readonly ended: string;
    /** Of its numerical libraries; one unless given. */
    readonly threads?: number;
    /** The earlier run of the platform that executed it, where nothing it depends on had changed; log, exit and times are of that. */
    readonly cached?: {
      readonly key: string;
      readonly run: string;
      readonly commit: string;
      readonly at: string;
    };
  }[];
  readonly trials: Json;
  /** Searches in one form, whichever library wrote them down: space, trials, choice and what does not fit together. */
  readonly searches?: Json;
  /** Blob of the complete run result that `reproduce` starts from. */
  readonly result: string;
  /** Blob of the run's SLSA provenance: a DSSE envelope signed by the platform. */
  readonly provenance?: string;
}

/** model-artifact, scope version. Its subject is the manifest: `subjectRef.artifactDigest` = sha256 of canonical `manifest`. */
export interface ModelArtifactContent {
  readonly manifest: ArtifactManifest;
  /** Of a version that was built. */
  readonly run?: string;
  readonly size: number;
  /** Of a version that was not built: `imported` has an artefact and no run, `external` is known by its digests alone. */
  readonly origin?: 'imported' | 'external';
  readonly vendor?: string;
  readonly location?: readonly ModelLocation[];
}

export interface ArtifactManifest {
  readonly v: 1;
  readonly scorer: 'onnx' | 'command' | 'remote';
  readonly entry: string;
  readonly files: readonly {
    readonly path: string;
    readonly digest: string;
    readonly size: number;
  }[];
  /** Of a `command` scorer that is served; read strictly (`evidence/command-scorer.ts`). */
  readonly command?: CommandScorer;
}

/** How a scorer that is a program is started, and on what: under the manifest's digest, so approved with the files. */
export interface CommandScorer {
  readonly protocol: 'countersign-scorer/1';
  /** Program and arguments, run in the directory of the artefact's files. */
  readonly run: readonly string[];
  /** Processes at once; each scores one row at a time. */
  readonly workers: number;
  /** For one answer, and for a process to say that it is ready. */
  readonly timeoutMs: number;
  readonly startMs: number;
  readonly memoryMb: number;
  readonly environment: ScorerEnvironment;
}

export type ScorerEnvironment =
  | {
      readonly kind: 'python';
      /** Paths in the manifest of a hash lock and of every wheel that it names. */
      readonly lock: string;
      readonly wheels: readonly string[];
      /** As it was when the version was registered; another one does not score. */
      readonly interpreter: ScorerInterpreter;
    }
  | { readonly kind: 'host'; readonly programs: readonly HostProgram[] };

export interface ScorerInterpreter {
  readonly implementation: string;
  readonly version: string;
  readonly libc: string;
  readonly machine: string;
  /** SHA-256 over all of these with the digests of program and library. */
  readonly digest: string;
}

/** A file of the machine that the version was registered on, and what it said when it was asked for its version. */
export interface HostProgram {
  readonly name: string;
  /** Real path, below /usr. */
  readonly path: string;
  readonly digest: string;
  readonly version?: { readonly arguments: readonly string[]; readonly says: string };
}

/** One input tensor of a model, as the pipeline file declares it; bounds are decimals. */
export interface ModelInput {
  readonly name: string;
  readonly type: 'f32' | 'f64' | 'i64' | 'string' | 'bool';
  readonly columns?: readonly string[];
  readonly min?: string;
  readonly max?: string;
  readonly allowed?: readonly string[];
}

/** One cutoff for everyone: which side of it is adverse, and what either side is called. */
export interface DecisionRule {
  readonly score: string;
  readonly cutoff: string;
  readonly adverse: string;
  readonly favourable: string;
  readonly adverseWhen: 'at-or-above' | 'above' | 'below' | 'at-or-below';
}

/** One cutoff on one declared input: `answer` where `input op value` holds, else `otherwise`. */
export interface FallbackRule {
  readonly input: string;
  readonly op: '>=' | '>' | '<=' | '<';
  /** Exact decimal text. */
  readonly value: string;
  readonly answer: string;
  readonly otherwise: string;
}

/** model-spec, scope version: what is served, exactly. */
export interface ModelSpecContent {
  readonly algorithm: string;
  readonly inputs: readonly ModelInput[];
  /** Name of the model's output tensor, and the place of the score in it. */
  readonly output: { readonly name: string; readonly index: number };
  readonly decision: DecisionRule;
  /** Path in the artefact manifest of the reasons table, and how many reasons an adverse answer carries. */
  readonly reasons?: { readonly file: string; readonly method: string; readonly count: number };
  /** What answers when the model may not: `answer` is the fixed one of a `safe-state`, `rule` that of a `rule`. */
  readonly fallback: {
    readonly kind: string;
    readonly detail: string;
    readonly answer?: string;
    readonly rule?: FallbackRule;
  };
  readonly design: Json;
  readonly monitoring: Json;
}

/**
 * feature-catalogue of kind measured, scope version: the platform's own, beside the authors' paper (`PaperContent`).
 * Incomplete while `lacking` names an input: completeness takes it for missing then.
 */
export interface FeatureCatalogueContent {
  readonly inputs: readonly {
    readonly input: string;
    readonly type: string;
    readonly definition: string | null;
    readonly lineage: readonly {
      readonly dataset: string;
      readonly column: string;
      readonly marks: readonly string[];
    }[];
    readonly foundIn: readonly string[];
    readonly transform: string | null;
    readonly justification: string | null;
    readonly reasonText: string | null;
    /** What it tells of each protected attribute: figures, limits and verdict, as the pipeline wrote them. */
    readonly screen: Json;
    readonly unscreened: string | null;
    readonly proxyReason: string | null;
  }[];
  readonly lacking: readonly { readonly input: string; readonly what: readonly string[] }[];
  /** Rows, method and source of the proxy screen; null where none was made. */
  readonly screen: Json;
  /** What each step did between the tables it read and those it wrote; the whole is in the run result. */
  readonly transformations: Json;
}

/** test-plan, scope version. `kind`: development (from the pipeline file at its commit) or validation. */
export interface TestPlanContent {
  readonly phase: 'development' | 'validation';
  readonly declaredAt: string;
  readonly limits: readonly {
    readonly metric: string;
    readonly op: string;
    readonly value: string;
    readonly group?: string;
  }[];
  /** The plan's section as it was declared. */
  readonly plan: Json;
}

/**
 * performance-test, fairness-test, robustness-test (`kind` sensitivity | boundary | design), benchmark-test,
 * explainability-test, implementation-test: scope version, basis measured.
 */
export interface MeasurementReportContent {
  readonly phase: 'development' | 'validation' | 'staging' | 'monitoring';
  readonly data: {
    readonly description: string;
    readonly digest: string;
    readonly rows: number;
    /** Account of the validator who brought these rows; absent for rows of the run. */
    readonly suppliedBy?: string;
  };
  readonly plan?: string;
  readonly measurements: readonly MeasurementContent[];
  /** Series for pictures and detail for readers: curves, tables, contributions. */
  readonly detail: Json;
  readonly conclusion: 'pass' | 'fail' | 'inconclusive' | 'informational';
}

export interface MeasurementContent {
  readonly metric: string;
  /** `attribute=value` of a segment the figure is restricted to. */
  readonly segment?: string;
  /** `attribute=value` of a group that is compared with a reference. */
  readonly group?: string;
  readonly reference?: string;
  readonly value: string;
  readonly interval?: {
    readonly low: string;
    readonly high: string;
    readonly level: string;
    readonly method: string;
  };
  readonly n: number;
  readonly events?: number;
  readonly limit?: { readonly op: string; readonly value: string };
  readonly judge?: 'estimate' | 'interval';
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'too-few' | 'informational';
  readonly method: string;
}

/** reproduction-attestation, scope version. */
export interface ReproductionContent {
  readonly verdict:
    | 'byte-identical'
    | 'score-identical'
    | 'within tolerance'
    | 'not rebuildable'
    | 'environment unavailable'
    | 'lawfully erased';
  readonly outputs: readonly {
    readonly name: string;
    readonly original: string;
    readonly rebuilt: string;
    readonly equal: boolean;
  }[];
  readonly environment: Json;
  readonly seconds: string;
  readonly deviations: readonly string[];
  /** How long the steps took that were run again: recorded, and in the rebuild. */
  readonly stepSeconds?: { readonly recorded: string; readonly rebuilt: string };
  /** Where the first files that differ do so. */
  readonly divergences?: readonly ReproductionDivergence[];
  /** Why the first steps with equal inputs made other outputs; no cause is `undetermined`. */
  readonly diagnoses?: readonly ReproductionDiagnosis[];
  /** Rows scored with the registered and the rebuilt model, where their bytes differ. No outcome was read. */
  readonly scores?: readonly ReproductionScores[];
}

export interface ReproductionDivergence {
  readonly what: string;
  readonly format: string;
  readonly natures: readonly string[];
  readonly parts: readonly {
    /** ONNX tensor or attribute, column, JSON path, entry, line or byte range. */
    readonly where: string;
    readonly nature: string;
    readonly original?: string;
    readonly rebuilt?: string;
    readonly distance?: {
      readonly compared: number;
      readonly differing: number;
      readonly maxAbsolute: string;
      readonly maxRelative: string | null;
      readonly maxUlp: string | null;
    };
  }[];
  readonly partsOmitted: number;
  readonly bytes: {
    readonly originalSize: number;
    readonly rebuiltSize: number;
    readonly first: number;
    readonly last: number;
    readonly ranges: number;
  } | null;
  readonly note?: string;
}

export interface ReproductionDiagnosis {
  readonly step: string;
  readonly isStable: boolean;
  readonly causes: readonly {
    readonly cause: string;
    readonly certainty: 'shown' | 'indicated';
    readonly evidence: string;
  }[];
  readonly excluded: readonly { readonly cause: string; readonly evidence: string }[];
  readonly untested: readonly { readonly cause: string; readonly why: string }[];
  readonly reruns: number;
  readonly seconds: string;
}

export interface ReproductionScores {
  readonly split: string;
  readonly sealed: boolean;
  readonly rows: number;
  readonly differing: number;
  readonly largest: string;
  /** Rows on the other side of the cutoff. */
  readonly flipped: number;
}

/** validation-report, scope version, signed by the validator: the assessment form. */
export interface ValidationReportContent extends PaperContent {
  readonly outcome: 'approved' | 'approved with conditions' | 'not approved';
  readonly rating: string;
  readonly independence: string;
  /** Records the validator relied on: own tests, replication, findings, rebuild. */
  readonly relied: readonly string[];
  /** The step of `scale` that the rating begins with; the scale is the form's own, best first. */
  readonly grade?: string;
  readonly scale?: readonly string[];
  /** What the outcome rests on. With owner and due date it is a finding as well, which names this record. */
  readonly conditions?: readonly {
    readonly text: string;
    readonly owner?: string;
    readonly due?: string;
    readonly severity?: 'high' | 'medium' | 'low';
  }[];
}

/** finding, scope use (or version): each state is a record that supersedes the one before. */
export interface FindingContent {
  readonly id: string;
  readonly title: string;
  readonly source:
    | 'validation'
    | 'monitoring'
    | 'audit'
    | 'regulator'
    | 'self-identified'
    | 'incident';
  readonly severity: 'high' | 'medium' | 'low';
  readonly blocking: boolean;
  readonly status: 'open' | 'responded' | 'extended' | 'accepted' | 'retest' | 'closed';
  readonly owner: string;
  /** A day, `2026-12-31`: it lasts until its end in UTC. */
  readonly due: string;
  readonly description: string;
  readonly response?: string;
  readonly respondedBy?: string;
  readonly closure?: string;
  /** Digests of records or bytes that show that it is mended. */
  readonly evidence?: readonly string[];
  /** Digest of the change request or validation report that it is a condition of: lapsed, it restricts the warrant. */
  readonly condition?: string;
  /** How often its due date was moved. */
  readonly extensions?: number;
  readonly extension?: { readonly from: string; readonly reason: string };
  readonly acceptance?: {
    readonly reason: string;
    readonly compensating: string;
    readonly expires: string;
  };
  readonly retest?: {
    readonly outcome: 'passed' | 'failed';
    readonly note: string;
    readonly evidence: readonly string[];
  };
  readonly reopened?: string;
}

/** periodic-review of kind model, scope use: somebody who did not build the model looked again. */
export interface ModelReviewContent {
  readonly outcome: 'stands' | 'revalidate' | 'restrict' | 'retire';
  readonly rationale: string;
  /** What called for it beside the calendar: `breach`, `re-tier`, `pack`. */
  readonly triggers: readonly string[];
  /** Digests of the records that the reviewer looked at. */
  readonly evidence: readonly string[];
}

/** periodic-review of kind attestation-campaign, scope firm: model owners are asked to confirm their entries. */
export interface AttestationCampaignContent {
  readonly campaign: string;
  readonly title: string;
  readonly due: string;
}

/** periodic-review of kind attestation, scope model: an owner's answer for one inventory entry. */
export interface AttestationContent {
  /** Digest of the campaign's record. */
  readonly campaign: string;
  /** Digest of the inventory entry in force that was confirmed or disputed. */
  readonly entry: string;
  readonly answer: 'confirmed' | 'disputed';
  readonly note: string;
}

/** override-record of kind overlay, scope use: a standing adjustment of what a model says. */
export interface OverlayContent {
  readonly id: string;
  readonly segment: string;
  readonly size: string;
  readonly reason: string;
  /** Account of whoever may decide on it. */
  readonly authority: string;
  readonly expires: string;
  readonly status: 'active' | 'ended';
  readonly ended?: string;
}

/** sod-check, scope version: the computed separation of duties at a change request. */
export interface SodCheckContent {
  readonly changeRequest: string;
  readonly developers: readonly {
    readonly account: string;
    readonly because: string;
    readonly record: string;
  }[];
  readonly approvers: readonly {
    readonly account: string;
    readonly role: string;
    readonly conflict?: string;
  }[];
  readonly unattributed: readonly string[];
  readonly result: 'separated' | 'conflict';
}

/** e-signature, scope version: read from an approval, not signed again. */
export interface ESignatureContent {
  readonly approval: string;
  readonly signer: string;
  readonly printedName: string;
  readonly meaning: string;
  readonly time: string;
  readonly factors: readonly string[];
  readonly keyid: string;
  readonly signature: string;
}

/** deployment-record of kind revoke, suspend, resume or retire. */
export interface RevocationContent {
  readonly warrant: string;
  readonly environment: string;
  readonly reason: string;
}

/** decision-log of kind batch: the signed header of one commit group of a gateway (design.md, section 8). */
export interface DecisionBatchContent {
  readonly gateway: string;
  readonly epoch: number;
  readonly n: number;
  readonly count: number;
  readonly previousRoot: string;
  readonly root: string;
  readonly firstTime: string;
  readonly lastTime: string;
  readonly warrants: readonly string[];
  readonly answered: number;
  /** Answered by a fallback instead of the model; absent for none. */
  readonly fallback?: number;
  readonly refused: number;
}

/** outcome-record and action-record of kind batch: rows ingested together, by the digest of their canonical lines. */
export interface IngestBatchContent {
  readonly rows: number;
  readonly blob: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly summary: Json;
}

/** monitoring-result, scope version, kind drift | performance | fairness; outcomes-analysis, scope version. */
export interface MonitoringResultContent extends MeasurementReportContent {
  readonly window: { readonly from: string; readonly to: string; readonly label: string };
  readonly warrant: string;
  readonly breaches: readonly string[];
}

/** generated-document, in the scope of what it is about: version, model or firm. */
export interface GeneratedDocumentContent {
  readonly document: string;
  readonly title: string;
  readonly template: string;
  readonly evidenceSet: string;
  readonly rendered: readonly {
    readonly format: 'pdf' | 'html' | 'json';
    readonly digest: string;
    readonly size: number;
  }[];
  readonly gaps: number;
  /** Time and log position of the last record that it was compiled from; absent on documents of before these were kept. */
  readonly asOf?: string;
  readonly asOfIndex?: number;
  /** Of a document about a period: from, and up to but not including. */
  readonly period?: { readonly from: string; readonly to: string };
  /** Of a document about one decision. */
  readonly decision?: string;
  /** Further files that belong to the document, such as OSCAL or CycloneDX. */
  readonly attachments?: readonly {
    readonly name: string;
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  }[];
}

/**
 * generated-document of kind `document-signature`: a person signs bytes that were issued. The bytes stay as they are,
 * so the signature stands beside them (21 CFR 11.50: printed name, time, meaning).
 */
export interface DocumentSignatureContent {
  /** Digest of the generated-document record. */
  readonly issued: string;
  /** Id of the document, as issued. */
  readonly document: string;
  /** SHA-256 of every file that was issued. */
  readonly files: readonly string[];
  readonly meaning: string;
  readonly printedName: string;
  readonly statement: string;
}

/** run-request: a person's signed wish that the platform measure something. */
export interface RunRequestContent {
  readonly job: 'run' | 'validate' | 'register' | 'onboard';
  readonly commit?: string;
  readonly bundle?: string;
  readonly params: Json;
}
