// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { pipelineJsonSchema } from './schema.ts';

const published = new URL('../../countersign.schema.json', import.meta.url);
await writeFile(published, `${JSON.stringify(pipelineJsonSchema(), undefined, 2)}\n`);
