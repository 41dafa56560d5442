// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { pythonWith } from './python-tools.ts';

export const AWS_SECRET = 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYSECRET';

export interface TestS3 {
  readonly endpoint: string;
  readonly client: S3Client;
  /** What a caller's environment holds to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  bucket(name: string, options?: { readonly versioned: boolean }): Promise<void>;
  /** Gives the version id, in a versioned bucket. */
  put(bucket: string, key: string, body: string | Uint8Array): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** A server that speaks S3 (moto), in a process of its own: versions, conditional requests, pages of lists. */
export async function startS3(): Promise<TestS3> {
  const python = await pythonWith('s3-server-requirements.txt');
  const child = spawn(python, [join(import.meta.dirname, 's3_server.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH ?? '' },
  });
  const [endpoint] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const credentials = { accessKeyId: 'test-reader', secretAccessKey: AWS_SECRET };
  const client = new S3Client({
    endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials,
  });
  return {
    endpoint,
    client,
    environment: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: 'eu-central-1',
    },
    bucket: async (name, options) => {
      const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' as const };
      await client.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration }));
      if (options?.versioned !== true) return;
      const VersioningConfiguration = { Status: 'Enabled' as const };
      await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
    },
    put: async (bucket, key, body) => {
      const put = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      return put.VersionId;
    },
    stop: async () => {
      client.destroy();
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
