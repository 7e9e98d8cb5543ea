import type { Socket } from 'node:net';
import type { AppError } from '../../model/app-error.ts';
import { type Admission, type AdmissionRules, isTarget, sameSecret, type Target } from './admission.ts';
import { readExactly } from './read-exactly.ts';

const reply = {
  succeeded: 0,
  failure: 1,
  notAllowed: 2,
  hostUnreachable: 4,
  refused: 5,
  badCommand: 7,
} as const;

/**
 * Serves SOCKS5 with user and password (RFC 1928, RFC 1929). Go's and curl's clients offer both "none" and
 * "user/password", so the server must choose the latter.
 */
export async function answerSocks(client: Socket, rules: AdmissionRules): Promise<Admission | undefined> {
  const methods = await readExactly(client, await countAfter(client));
  if (!methods.includes(2)) {
    rules.onNoPassword();
    client.end(Buffer.from([5, 0xff]));
    return undefined;
  }
  client.write(Buffer.from([5, 2]));
  const user = (await readExactly(client, await countAfter(client))).toString();
  const password = (await readExactly(client, byte(await readExactly(client, 1)))).toString();
  const known = sameSecret(user, rules.credentials.user) && sameSecret(password, rules.credentials.password);
  if (!known) await rules.onWrongPassword();
  client.write(Buffer.from([1, known ? 0 : 1]));
  if (!known) {
    client.end();
    return undefined;
  }
  const head = await readExactly(client, 4);
  const asked = await readTarget(client, head[3]);
  const answer = (code: number) => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
  if (head[1] !== 1 || asked === undefined || !isTarget(asked, rules.target)) {
    client.end(answer(head[1] === 1 ? reply.notAllowed : reply.badCommand));
    return undefined;
  }
  return {
    accept: () => client.write(answer(reply.succeeded)),
    refuse: (error) => client.end(answer(replyFor(error))),
  };
}

/** Skips a version byte and returns the count byte after it. */
async function countAfter(client: Socket): Promise<number> {
  return byte((await readExactly(client, 2)).subarray(1));
}

async function readTarget(client: Socket, type: number | undefined): Promise<Target | undefined> {
  const host = await readHost(client, type);
  if (host === undefined) return undefined;
  return { host, port: (await readExactly(client, 2)).readUInt16BE() };
}

async function readHost(client: Socket, type: number | undefined): Promise<string | undefined> {
  if (type === 1) return [...(await readExactly(client, 4))].join('.');
  if (type === 3) return (await readExactly(client, byte(await readExactly(client, 1)))).toString();
  if (type !== 4) return undefined;
  const bytes = await readExactly(client, 16);
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function byte(buffer: Buffer): number {
  return buffer.readUInt8(0);
}

function replyFor(error: AppError): number {
  switch (error.code) {
    case 'origin-failed':
      return reply.refused;
    case 'access-denied':
    case 'access-login-needed':
    case 'production-read-only':
      return reply.notAllowed;
    case 'network-unreachable':
    case 'timeout':
      return reply.hostUnreachable;
    default:
      return reply.failure;
  }
}
