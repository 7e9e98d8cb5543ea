import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { type GatewayRig, runOwn, startGatewayRig } from './gateway-rig.ts';
import { type OtherUser, otherUser } from './other-user.ts';

/** A client of the local TLS proxy, as source text that any account can run. Prints the status, or the error's code. */
const tlsClient = `
import https from 'node:https';
const { server, ca, token } = JSON.parse(process.argv.at(-1));
const request = https.get(server + '/api/v1/namespaces', { ca, headers: { authorization: 'Bearer ' + token }, timeout: 15000 });
request.on('response', (response) => { console.log(response.statusCode); response.resume(); });
request.on('error', (error) => console.log(error.code));
`;

let other: OtherUser;
let rig: GatewayRig;
let entry: string;

beforeAll(async () => {
  rig = await startGatewayRig();
  await rig.commandLine.tunnels('settings', 'entryForm', 'tls');
  entry = await vi.waitFor(async () => {
    const read = await readEntry();
    expect(read).toContain('https://127.0.0.1:');
    return read;
  });
});
afterAll(() => rig?.close());
beforeEach(async (context) => {
  other = await otherUser(context);
});
afterEach(() => other?.close());

async function readEntry(): Promise<string> {
  const { clusters, users } = parse(await readFile(rig.world.env.KUBECONFIG ?? '', 'utf8'));
  const { server, 'certificate-authority-data': ca = '' } = clusters[0].cluster;
  return JSON.stringify({ server, ca: Buffer.from(ca, 'base64').toString(), token: users[0].user.token });
}

test('another account that has read the secret of a TLS proxy gets no byte of an answer; its owner does', async () => {
  expect(await runOwn(tlsClient, [entry])).toBe('200');
  const { stdout } = await other.node(tlsClient, [entry]);
  expect(stdout).toBe('ECONNRESET');
  expect(await rig.refused()).toMatchObject([{ reason: 'account', account: other.name }]);
});

test('an account that listens on the port of a TLS proxy cannot show its certificate', async () => {
  const { server } = JSON.parse(entry);
  await rig.commandLine.stop();
  // It answers whatever comes: TLS needs the key of the agent, so that no client sends its secret.
  const trap = `
import { createServer } from 'node:net';
const server = createServer((client) => {
  client.once('data', (chunk) => { console.log(chunk.includes('Bearer') ? 'caught' : 'nothing'); client.destroy(); process.exit(0); });
});
server.listen(Number(process.argv.at(-1)), '127.0.0.1', () => console.error('ready'));
`;
  const caught = other.node(trap, [new URL(server).port], { timeout: 60_000 });
  await expect.poll(() => runOwn(tlsClient, [entry]), { timeout: 20_000 }).toBe('ECONNRESET');
  expect((await caught).stdout).toBe('nothing');
});
