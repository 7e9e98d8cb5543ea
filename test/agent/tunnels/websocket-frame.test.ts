import crypto, { randomBytes } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { expect, onTestFinished, test, vi } from 'vitest';
import { frame, headerSize, opcode } from '../../../main/agent/tunnels/websocket-frame.ts';

// RFC 6455, 5.2: the shortest of the three forms of a length, and the mask of clients after it.
test.each([
  [0, [0x82, 0x80]],
  [125, [0x82, 0x80 | 125]],
  [126, [0x82, 0x80 | 126, 0, 126]],
  [65_535, [0x82, 0x80 | 126, 0xff, 0xff]],
  [65_536, [0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]],
])('a frame of %i bytes has the shortest header, a mask and the payload', (length, header) => {
  const payload = randomBytes(length);
  const bytes = frame(opcode.binary, payload);
  expect([...bytes.subarray(0, header.length)]).toEqual(header);
  expect(headerSize(bytes)).toBe(header.length);
  const mask = bytes.subarray(header.length, header.length + 4);
  const rest = bytes.subarray(header.length + 4);
  expect(Buffer.from(rest.map((byte, at) => byte ^ (mask[at % 4] ?? 0))).equals(payload)).toBe(true);
});

test('keys are generated many at a time, and each frame has its own', () => {
  const fill = vi.spyOn(crypto, 'randomFillSync');
  syncBuiltinESMExports();
  onTestFinished(() => {
    fill.mockRestore();
    syncBuiltinESMExports();
  });
  const masks = Array.from({ length: 2_048 }, () => frame(opcode.ping, Buffer.alloc(0)).readUInt32BE(2));
  // Two of them are the same once in two thousand runs.
  expect(new Set(masks).size).toBeGreaterThan(2_000);
  expect(fill.mock.calls.length).toBeLessThanOrEqual(3);
});
