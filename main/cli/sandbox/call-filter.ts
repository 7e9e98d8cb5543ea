/** The numbers of system calls. Those of keyrings, `add_key`, `request_key` and `keyctl`, are one after another. */
interface Calls {
  /** AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64: https://github.com/torvalds/linux/blob/master/include/uapi/linux/audit.h */
  readonly arch: number;
  readonly keyrings: number;
  readonly socket: number;
}

const calls: Partial<Record<NodeJS.Architecture, Calls>> = {
  x64: { arch: 0xc000003e, keyrings: 248, socket: 41 },
  arm64: { arch: 0xc00000b7, keyrings: 217, socket: 198 },
};
/** It could open sockets without `socket`. The same on all processors. */
const ioUring = 425;
/** Calls from here on are those of x32, which have other numbers. */
const firstOfX32 = 0x40000000;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: those that belong to the network of the sandbox. */
const families = [1, 2, 10, 16];

/** Offsets in `struct seccomp_data`. */
const fields = { call: 0, arch: 4, firstArgument: 16 } as const;
/** Operations of classic BPF. */
const operations = { load: 0x20, isEqual: 0x15, isAtLeast: 0x35, isMore: 0x25, end: 0x06 } as const;
const allow = 0x7fff0000;
/** SECCOMP_RET_ERRNO with ENOSYS, as of a kernel without the call. */
const refuse = 0x00050000 | 38;

type Target = 'next' | 'socket' | 'allow' | 'refuse';

/**
 * Returns a seccomp filter (a program of classic BPF) that refuses what belongs to no namespace: the kernel's keyrings, of
 * which that of the user's session may hold Kerberos tickets, and sockets that lead out of the sandbox without a network, such
 * as to the host of a virtual machine (AF_VSOCK). Refuses programs for another processor too, whose calls have other numbers.
 * Undefined for a processor that is not known.
 * https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
 */
export function callFilter(arch: NodeJS.Architecture = process.arch): Buffer | undefined {
  const known = calls[arch];
  if (known === undefined) return undefined;
  const { arch: own, keyrings, socket } = known;
  const begin: readonly Step[] = [
    ['load', fields.arch],
    ['isEqual', own, 'next', 'refuse'],
    ['load', fields.call],
    ['isAtLeast', firstOfX32, 'refuse', 'next'],
    ['isEqual', ioUring, 'refuse', 'next'],
    ['isEqual', socket, 'socket', 'next'],
    ['isAtLeast', keyrings, 'next', 'allow'],
    ['isMore', keyrings + 2, 'allow', 'refuse'],
  ];
  const ofSocket: readonly Step[] = [
    ['load', fields.firstArgument],
    ...families.map((family): Step => ['isEqual', family, 'allow', 'next']),
  ];
  // The last test of the families goes on to the refusal.
  const steps: readonly Step[] = [...begin, ...ofSocket, ['end', refuse], ['end', allow]];
  const offsets = { socket: begin.length, refuse: steps.length - 2, allow: steps.length - 1 };
  const bytes = Buffer.alloc(steps.length * 8);
  for (const [at, [operation, operand, ifTrue = 'next', ifFalse = 'next']] of steps.entries()) {
    const skip = (target: Target) => (target === 'next' ? 0 : offsets[target] - at - 1);
    bytes.writeUInt16LE(operations[operation], at * 8);
    bytes.writeUInt8(skip(ifTrue), at * 8 + 2);
    bytes.writeUInt8(skip(ifFalse), at * 8 + 3);
    bytes.writeUInt32LE(operand, at * 8 + 4);
  }
  return bytes;
}

/** An operation, its operand, and where to go on if it is true and if it is not. */
type Step = readonly [keyof typeof operations, number, Target?, Target?];
