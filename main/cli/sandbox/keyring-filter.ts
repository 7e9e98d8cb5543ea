/** The system calls of the kernel's keyrings: `add_key`, `request_key`, `keyctl`, one after another. */
const calls: Partial<Record<NodeJS.Architecture, { readonly arch: number; readonly first: number }>> = {
  // AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64: https://github.com/torvalds/linux/blob/master/include/uapi/linux/audit.h
  x64: { arch: 0xc000003e, first: 248 },
  arm64: { arch: 0xc00000b7, first: 217 },
};
/** Calls from here on are those of x32, which have other numbers. */
const firstOfX32 = 0x40000000;
const allow = 0x7fff0000;
/** SECCOMP_RET_ERRNO with ENOSYS, as of a kernel without keyrings. */
const refuse = 0x00050000 | 38;

/**
 * Returns a seccomp filter (a program of classic BPF) that refuses the kernel's keyrings: a session's keyring, which may hold
 * Kerberos tickets, belongs to no namespace. Refuses programs for another processor, whose calls have other numbers. Undefined
 * for a processor that is not known.
 * https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
 */
export function keyringFilter(arch: NodeJS.Architecture = process.arch): Buffer | undefined {
  const known = calls[arch];
  if (known === undefined) return undefined;
  const { arch: own, first } = known;
  // Each is: operation, how many to skip if true, how many if false, operand.
  const program = [
    [0x20, 0, 0, 4], // load the processor
    [0x15, 0, 5, own],
    [0x20, 0, 0, 0], // load the number of the call
    [0x35, 3, 0, firstOfX32],
    [0x35, 0, 1, first],
    [0x25, 0, 1, first + 2],
    [0x06, 0, 0, allow],
    [0x06, 0, 0, refuse],
  ] as const;
  const bytes = Buffer.alloc(program.length * 8);
  for (const [at, [operation, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(operation, at * 8);
    bytes.writeUInt8(ifTrue, at * 8 + 2);
    bytes.writeUInt8(ifFalse, at * 8 + 3);
    bytes.writeUInt32LE(operand, at * 8 + 4);
  }
  return bytes;
}
