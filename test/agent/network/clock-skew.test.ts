import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ClockSkew,
  clockCure,
  createClockWatch,
  skewSentence,
  withClock,
} from '../../../main/agent/network/clock-skew.ts';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { createAuthority } from '../../world/authority.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.parse('2026-03-01T12:00:00Z');

/** What a server answers whose time is `noon`, to a computer that is `aheadMs` ahead. */
const answer = (host: string, aheadMs: number, tookMs = 200) => ({
  host,
  date: new Date(noon).toUTCString(),
  sentAt: noon + aheadMs - tookMs / 2,
  receivedAt: noon + aheadMs + tookMs / 2,
});

describe('the watch', () => {
  test.each([
    ['20 minutes ahead', 20 * minute],
    ['24 hours ahead', 24 * hour],
    ['20 minutes behind', -20 * minute],
    ['3 days behind', -72 * hour],
  ])('a clock that is %s is noted once', (_what, aheadMs) => {
    const seen: ClockSkew[] = [];
    const watch = createClockWatch({ onSkew: (skew) => void seen.push(skew) });
    for (const host of ['a.example', 'b.example', 'c.example']) watch.see(answer(host, aheadMs));
    expect(seen).toHaveLength(1);
    expect(watch.skew()?.host).toBe('c.example');
    expect(Math.abs((watch.skew()?.aheadMs ?? 0) - aheadMs)).toBeLessThan(2_000);
  });

  test.each([0, minute, -minute])('a clock that is %d ms off is right', (aheadMs) => {
    const watch = createClockWatch();
    watch.see(answer('a.example', aheadMs));
    expect(watch.skew()).toBeUndefined();
  });

  test('one server of three that is wrong says nothing of the clock', () => {
    const watch = createClockWatch();
    watch.see(answer('wrong.example', 20 * minute));
    watch.see(answer('a.example', 0));
    watch.see(answer('b.example', 0));
    expect(watch.skew()).toBeUndefined();
  });

  test('a clock that was corrected is right at once, and is noted again when it is wrong again', () => {
    const seen: ClockSkew[] = [];
    const watch = createClockWatch({ onSkew: (skew) => void seen.push(skew) });
    for (const host of ['a.example', 'b.example', 'c.example']) watch.see(answer(host, hour));
    watch.see(answer('b.example', 0));
    expect(watch.skew()).toBeUndefined();
    watch.see(answer('b.example', hour));
    expect(seen).toHaveLength(2);
  });

  test('an answer over which the computer slept, and one without a date, say nothing', () => {
    const watch = createClockWatch();
    watch.see({ ...answer('a.example', 0), receivedAt: noon + hour });
    watch.see({ ...answer('a.example', hour), date: undefined });
    watch.see({ ...answer('a.example', hour), date: 'yesterday' });
    expect(watch.skew()).toBeUndefined();
  });
});

test('the message names the clock, the server and the cure of each system', () => {
  expect(skewSentence({ aheadMs: 20 * minute, host: 'sts.example' })).toBe(
    'The clock of this computer is 20 minutes ahead of sts.example.',
  );
  expect(skewSentence({ aheadMs: -24 * hour, host: 'sts.example' })).toBe(
    'The clock of this computer is 24 hours behind sts.example.',
  );
  expect(clockCure('linux')).toContain('timedatectl set-ntp true');
  expect(clockCure('darwin')).toContain('Date & Time');
  expect(clockCure('win32')).toContain('w32tm /resync');
});

test('errors of tokens name it before their own hint; a wrong name does not', () => {
  const skew = { aheadMs: hour, host: 'sts.example' };
  const denied = new AppError('aws-failed', 'Refused.', { hint: 'Sign in.', retryable: true });
  expect(withClock(denied, skew)).toMatchObject({
    code: 'aws-failed',
    message: 'Refused.',
    hint: expect.stringMatching(/60 minutes ahead of sts\.example\. Correct it: .* Sign in\.$/),
    retryable: true,
  });
  expect(withClock(denied, undefined)).toBe(denied);
  const mistyped = new AppError('not-found', 'There is no such cluster.');
  expect(withClock(mistyped, skew)).toBe(mistyped);
});

describe('over the network', () => {
  let folder: string;
  let server: https.Server;
  let headers: Record<string, string>;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'clock-'));
    const authority = await createAuthority('Clock');
    const { key, certificate } = await authority.issueServer(['127.0.0.1']);
    await writeFile(path.join(folder, 'ca.pem'), authority.certificate);
    trustAuthorities({ env: { SSL_CERT_FILE: path.join(folder, 'ca.pem') } });
    headers = {};
    server = https.createServer({ key, cert: certificate }, (_request, response) =>
      response.writeHead(200, headers).end('hello'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  });
  const url = () => new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);

  test('each answer is measured, of requests and of SDKs that use the agent', async () => {
    const seen: ClockSkew[] = [];
    const now = () => Date.now() + 20 * minute;
    const network = createNetwork({}, { now, onSkew: (skew) => void seen.push(skew) });
    expect(String((await network.request(url())).body)).toBe('hello');
    expect(seen).toMatchObject([{ host: '127.0.0.1' }]);
    expect(network.clockSkew()?.aheadMs).toBeGreaterThan(19 * minute);
    network.reset();
    const sdk = createNetwork({}, { now });
    const [response] = await once(https.get(url(), { agent: sdk.httpsAgent }), 'response');
    response.resume();
    expect(sdk.clockSkew()?.aheadMs).toBeGreaterThan(19 * minute);
    sdk.reset();
  });

  test('the date of a cached answer does not count', async () => {
    headers = { date: new Date(Date.now() - hour).toUTCString(), age: '3600' };
    const network = createNetwork({});
    await network.request(url());
    expect(network.clockSkew()).toBeUndefined();
    headers = { date: new Date(Date.now() - hour).toUTCString() };
    await network.request(url());
    expect(network.clockSkew()?.aheadMs).toBeGreaterThan(59 * minute);
    network.reset();
  });
});
