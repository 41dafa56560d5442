// SPDX-License-Identifier: Apache-2.0
// A server in a process of its own, so that its memory can be read: prints where it listens and a developer's token.
import type { AddressInfo } from 'node:net';
import { testServer } from '../packages/server/tests/server-fixture.ts';

const server = await testServer();
await server.app.listen({ host: '127.0.0.1', port: 0 });
const { port } = server.app.server.address() as AddressInfo;
const url = `http://127.0.0.1:${port}`;
console.log(JSON.stringify({ url, token: server.person('dev').token }));
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
