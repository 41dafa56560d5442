// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import { refuseMetadata } from '../extract/s3-client.ts';

type Variables = Readonly<Record<string, string | undefined>>;

interface S3Settings {
  readonly kind: 'delta' | 'iceberg';
  readonly table: string;
  readonly region: string | null;
  readonly endpoint: string | null;
}

const REGION_DEFAULT = 'us-east-1';

/**
 * How S3 is reached, in the names of each library. They go to the program in a file that its user alone may read and
 * never through its command line, which every user of a machine can see. Throws PipelineError
 * `source_credentials_missing` or `source_refused`.
 */
export function storageOptions(
  { kind, table, region, endpoint }: S3Settings,
  environment: Variables,
): Readonly<Record<string, string>> {
  const id = environment.AWS_ACCESS_KEY_ID;
  const secret = environment.AWS_SECRET_ACCESS_KEY;
  if (id === undefined || secret === undefined) {
    throw new PipelineError(
      'source_credentials_missing',
      `no credentials are found for \`${table}\`; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where the pipeline runs`,
      { details: { table } },
    );
  }
  const token = environment.AWS_SESSION_TOKEN;
  const where =
    region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? REGION_DEFAULT;
  const at = endpoint ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  refuseMetadata(at);
  const given = { id, secret, token, region: where, endpoint: at };
  return present(kind === 'delta' ? deltaNames(given) : icebergNames(given));
}

interface Given {
  readonly id: string;
  readonly secret: string;
  readonly token: string | undefined;
  readonly region: string;
  readonly endpoint: string | undefined;
}

function deltaNames({ id, secret, token, region, endpoint }: Given): Variables {
  return {
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_SESSION_TOKEN: token,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ALLOW_HTTP: endpoint?.startsWith('http://') === true ? 'true' : undefined,
  };
}

function icebergNames({ id, secret, token, region, endpoint }: Given): Variables {
  return {
    's3.access-key-id': id,
    's3.secret-access-key': secret,
    's3.session-token': token,
    's3.region': region,
    's3.endpoint': endpoint,
  };
}

function present(values: Variables): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
