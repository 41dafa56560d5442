// SPDX-License-Identifier: Apache-2.0
import { InferenceSession } from 'onnxruntime-node';
import { AnalysisError } from '../errors.ts';
import { feedsOf, type InputRow } from './input-values.ts';
import { refuseMismatch, type ScorerSpec } from './scorer-spec.ts';

/** One answer of the model. Float32 outputs are widened, so every number is the model's own value to the last bit. */
export interface Score {
  /** All elements of the output tensor. */
  readonly raw: readonly number[];
  /** The element at the declared place. */
  readonly score: number;
}

export interface Scorer {
  readonly spec: ScorerSpec;
  /**
   * Scores one row. Throws AnalysisError `input_*` (naming the field), `output_invalid`, `scoring_failed`. Calls may
   * overlap: rows run in parallel, each alone.
   */
  score(row: InputRow): Promise<Score>;
  close(): Promise<void>;
}

/**
 * Opens an ONNX model for scoring row by row on one thread. Rows are never batched: a batched matrix product adds in
 * another order and changes the last bits, and a replay must give the same ones. Throws AnalysisError
 * `model_unreadable` or `model_mismatch`.
 */
export async function openScorer(modelBytes: Uint8Array, spec: ScorerSpec): Promise<Scorer> {
  const session = await openSession(modelBytes);
  try {
    refuseMismatch(session, spec);
  } catch (error) {
    await session.release();
    throw error;
  }
  let closed = false;
  return {
    spec,
    score: async (row) => {
      if (closed) throw new AnalysisError('scorer_closed', 'the scorer is closed; open it again');
      return run(session, spec, row);
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await session.release();
    },
  };
}

/**
 * A model given as bytes may name files that hold its weights, and the runtime would read them from the process's working
 * directory: a developer's model could then answer with the bytes of a key that lies there. Below a device nothing can
 * be, so what is not within the model's own bytes is not read.
 */
const NO_FOLDER = '/dev/null/none';

async function openSession(modelBytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(modelBytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Higher levels rewrite the graph by the processor's kind, and the result would depend on where it runs.
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 4,
      extra: { session: { model_external_initializers_file_folder_path: NO_FOLDER } },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : 'unknown reason';
    throw new AnalysisError(
      'model_unreadable',
      `the artifact is not an ONNX model that can be run (${reason}); export it again`,
      { cause },
    );
  }
}

async function run(session: InferenceSession, spec: ScorerSpec, row: InputRow): Promise<Score> {
  const feeds = feedsOf(spec, row);
  const results = await runSession(session, feeds, spec.output);
  const data = results[spec.output]?.data;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw invalidOutput(spec, 'is not a tensor of floats');
  }
  return scoreIn(spec, Array.from(data));
}

/** The score among the numbers of the output, whatever computed them. Throws AnalysisError `output_invalid`. */
export function scoreIn(spec: ScorerSpec, raw: readonly number[]): Score {
  const score = raw[spec.outputIndex ?? 0];
  if (score === undefined) throw invalidOutput(spec, `has only ${raw.length} elements`);
  if (!raw.every(Number.isFinite)) throw invalidOutput(spec, 'holds a value that is not finite');
  return { raw, score };
}

async function runSession(
  session: InferenceSession,
  feeds: InferenceSession.FeedsType,
  output: string,
): Promise<InferenceSession.ReturnType> {
  try {
    return await session.run(feeds, [output]);
  } catch (cause) {
    throw new AnalysisError('scoring_failed', 'the model failed on this row; check its inputs', {
      cause,
    });
  }
}

function invalidOutput(spec: ScorerSpec, what: string): AnalysisError {
  return new AnalysisError(
    'output_invalid',
    `output \`${spec.output}\` ${what}; correct the spec or the model`,
    {
      details: { field: spec.output },
    },
  );
}
