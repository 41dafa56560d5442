// SPDX-License-Identifier: Apache-2.0
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3Client } from '@aws-sdk/client-s3';
import { PipelineError } from '../errors.ts';
import { isMetadataAddress, lookupElsewhere } from './metadata-address.ts';

/** One try and three more, with the pauses of the SDK's standard mode between them. */
const ATTEMPTS_MAX = 4;
const CONNECT_TIMEOUT_MS = 10_000;
/** Without a byte on the socket. */
const SILENCE_TIMEOUT_MS = 60_000;
const REGION_DEFAULT = 'us-east-1';

export interface S3Place {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long a socket may be silent; a minute unless given. */
  readonly silenceMs?: number;
}

type Sdk = typeof import('@aws-sdk/client-s3');

export interface OpenedS3 {
  readonly client: S3Client;
  /** For its commands: loaded when a store is first asked, since every command of ours would pay for it otherwise. */
  readonly sdk: Sdk;
  readonly region: string;
  readonly endpoint: string | null;
}

/** As the SDK's own agents are, but for the addresses that they may lead to. */
const AGENT = { keepAlive: true, maxSockets: 50, lookup: lookupElsewhere } as const;

/**
 * Whoever writes a pipeline file or the configuration of a DVC project names an endpoint, which must not be the one that
 * gives this machine its credentials. Throws PipelineError `source_refused`.
 */
export function refuseMetadata(endpoint: string | undefined): void {
  if (endpoint === undefined || !isMetadataAddress(endpoint)) return;
  const message = `\`${endpoint}\` is an address of a machine’s own metadata, and no store; correct \`endpoint\``;
  throw new PipelineError('source_refused', message, { details: { endpoint } });
}

/**
 * A client whose credentials are the caller's: `AWS_ACCESS_KEY_ID` and its companions where they are set, otherwise
 * what the SDK's own chain finds (profile, web identity, container, instance). Throws PipelineError `source_refused` for
 * an endpoint that is no store's.
 */
export async function openS3(place: S3Place): Promise<OpenedS3> {
  const { environment } = place;
  const region =
    place.region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? REGION_DEFAULT;
  const endpoint =
    place.endpoint ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  refuseMetadata(endpoint);
  const credentials = givenCredentials(environment);
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region,
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: place.silenceMs ?? SILENCE_TIMEOUT_MS,
      httpAgent: new HttpAgent(AGENT),
      httpsAgent: new HttpsAgent(AGENT),
    },
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  return { client, sdk, region, endpoint: endpoint ?? null };
}

function givenCredentials({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
}: S3Place['environment']) {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/**
 * What the store's answer means for a run. Only the name and status of its error are told, and no cause is kept: the
 * SDK's errors carry requests, and with them session tokens.
 */
export function s3Failure(cause: unknown, address: string): unknown {
  if (cause instanceof PipelineError || !(cause instanceof Error)) return cause;
  if (cause.name === 'AbortError') return cause;
  const status = statusOf(cause);
  const said = `${codeOf(cause)}${status === undefined ? '' : `, status ${status}`}`;
  const details = { address, error: codeOf(cause), ...(status === undefined ? {} : { status }) };
  const failed = (code: PipelineError['code'], message: string) =>
    new PipelineError(code, message, { details });
  if (cause.name === 'CredentialsProviderError') {
    return failed(
      'source_credentials_missing',
      `no credentials are found for \`${address}\`; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, where the pipeline runs`,
    );
  }
  if (status === 404) return failed('source_missing', `there is no \`${address}\` (${said})`);
  if (status === 412) {
    return failed('source_changed', `\`${address}\` was replaced while it was read; run it again`);
  }
  if (status === 301 || status === 400) {
    const advice = 'check `region`, `endpoint` and `version`';
    return failed(
      'source_refused',
      `the store refuses to give \`${address}\` (${said}); ${advice}`,
    );
  }
  if (status === 401 || status === 403) {
    const advice = 'check the credentials and what they may read';
    return failed(
      'source_refused',
      `the store refuses to give \`${address}\` (${said}); ${advice}`,
    );
  }
  const advice = 'check the network and `endpoint`, and run it again';
  return failed('source_unreachable', `\`${address}\` cannot be reached (${said}); ${advice}`);
}

function statusOf(cause: Error): number | undefined {
  if (!('$metadata' in cause)) return undefined;
  const metadata: unknown = cause.$metadata;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  if (!('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function codeOf(cause: Error): string {
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
