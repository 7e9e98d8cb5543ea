import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createAutoConnector } from '../../../main/agent/tunnels/auto-connector.ts';
import { UnknownAnswer } from '../../../main/agent/tunnels/builtin-connector.ts';
import type { Connector } from '../../../main/agent/tunnels/connector.ts';
import { AppError } from '../../../main/model/app-error.ts';

const how = { signal: new AbortController().signal };
const unknown = new UnknownAnswer('edge-failed', 'The edge gave an answer that is not known.');
const refused = new AppError('origin-failed', 'The origin refuses.');

let streams: PassThrough[];
let dialled: string[];
let failure: AppError | undefined;
let isInstalled: boolean;
let auto: Connector;
const onTurn = vi.fn();
const close = vi.fn(async () => {});
const watch = vi.fn();

function connector(kind: 'builtin' | 'cloudflared', fails: () => AppError | undefined): Connector {
  return {
    kind: () => kind,
    prepare: async () => {},
    async dial() {
      dialled.push(kind);
      const error = fails();
      if (error !== undefined) throw error;
      const stream = new PassThrough();
      streams.push(stream);
      return stream;
    },
  };
}

beforeEach(() => {
  [streams, dialled, failure, isInstalled] = [[], [], unknown, true];
  onTurn.mockClear();
  auto = createAutoConnector({
    builtin: connector('builtin', () => failure),
    cloudflared: { ...connector('cloudflared', () => undefined), close, watch },
    mayTurn: async () => isInstalled,
    onTurn,
  });
});

describe('the automatic connector', () => {
  it('stays with builtin while the edge gives answers that it knows', async () => {
    failure = undefined;
    await auto.dial(how);
    failure = refused;
    await expect(auto.dial(how)).rejects.toBe(refused);
    expect([auto.kind(), dialled]).toEqual(['builtin', ['builtin', 'builtin']]);
  });

  it('switches once cloudflared has carried a byte, and says so once', async () => {
    await Promise.all([auto.dial(how), auto.dial(how)]);
    expect([auto.kind(), onTurn.mock.calls.length]).toEqual(['builtin', 0]);
    for (const stream of streams) stream.emit('carried');
    expect([auto.kind(), onTurn.mock.calls.length]).toEqual(['cloudflared', 1]);
    dialled = [];
    await auto.dial(how);
    expect(dialled).toEqual(['cloudflared']);
  });

  it('tries builtin again while cloudflared has carried nothing', async () => {
    await auto.dial(how);
    await auto.dial(how);
    expect(dialled).toEqual(['builtin', 'cloudflared', 'builtin', 'cloudflared']);
  });

  it('fails with the answer of the edge where cloudflared is not installed', async () => {
    isInstalled = false;
    await expect(auto.dial(how)).rejects.toBe(unknown);
    expect(dialled).toEqual(['builtin']);
  });

  it('begins with builtin again after it was closed, and stops cloudflared', async () => {
    await auto.dial(how);
    streams[0]?.emit('carried');
    await auto.close?.();
    expect([auto.kind(), close.mock.calls.length]).toEqual(['builtin', 1]);
  });

  it('reports that cloudflared has ended', () => {
    const lost = () => {};
    auto.watch?.(lost);
    expect(watch).toHaveBeenCalledWith(lost);
  });
});
