import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** O_CLOEXEC, as /proc shows it: in octal. https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html */
const closeOnExec = 0o2000000;

/**
 * Closes the files that this process got from its caller, besides stdin, stdout and stderr: a child would have them too. Node
 * opens its own so that no child has them.
 */
export function closeInherited(): void {
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const fd = Number(name);
    if (fd <= 2) continue;
    try {
      const [, flags = ''] =
        /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
      if (flags !== '' && (Number.parseInt(flags, 8) & closeOnExec) === 0) closeSync(fd);
    } catch {
      // It was the one with which the folder was read.
    }
  }
}
