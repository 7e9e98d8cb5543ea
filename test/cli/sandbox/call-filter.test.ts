import { describe, expect, it } from 'vitest';
import { callFilter } from '../../../main/cli/sandbox/call-filter.ts';

const allowed = 0x7fff0000;

/** Runs a program of classic BPF on a call, as the kernel does (linux/filter.h). */
function judged(program: Buffer, { arch, call, argument = 0 }: Record<string, number>): number {
  const data = new Map([
    [0, call],
    [4, arch],
    [16, argument],
  ]);
  let value = 0;
  for (let at = 0; ; at += 1) {
    const operation = program.readUInt16LE(at * 8);
    const operand = program.readUInt32LE(at * 8 + 4);
    if (operation === 0x06) return operand;
    if (operation === 0x20) value = data.get(operand) ?? Number.NaN;
    else {
      const isTrue = { 21: value === operand, 37: value > operand, 53: value >= operand }[operation];
      at += program.readUInt8(at * 8 + (isTrue === true ? 2 : 3));
    }
  }
}

describe.each([
  {
    name: 'x64',
    arch: 0xc000003e,
    other: 0x40000003,
    socket: 41,
    keyrings: [248, 249, 250],
    first: 0,
    last: 462,
  },
  {
    name: 'arm64',
    arch: 0xc00000b7,
    other: 0x40000028,
    socket: 198,
    keyrings: [217, 218, 219],
    first: 0,
    last: 462,
  },
] as const)('the filter of $name', ({ name, arch, other, socket, keyrings, first, last }) => {
  const program = callFilter(name) ?? Buffer.alloc(0);
  const isAllowed = (call: number, argument = 0) => judged(program, { arch, call, argument }) === allowed;

  it('refuses keyrings and io_uring, and no other call', () => {
    const calls = Array.from({ length: last - first }, (_, at) => first + at);
    expect(calls.filter((call) => !isAllowed(call, 2))).toEqual([...keyrings, 425]);
  });

  it('allows sockets of Unix, IP and netlink alone', () => {
    const families = Array.from({ length: 50 }, (_, at) => at);
    expect(families.filter((family) => isAllowed(socket, family))).toEqual([1, 2, 10, 16]);
  });

  it('refuses the calls of another processor, and those of x32', () => {
    expect(judged(program, { arch: other, call: 1 })).not.toBe(allowed);
    expect(isAllowed(0x40000000 + 1)).toBe(false);
  });
});

it('there is none for a processor that is not known', () => {
  expect(callFilter('riscv64')).toBeUndefined();
});
