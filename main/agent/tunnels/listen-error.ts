import { AppError, errnoOf } from '../../model/app-error.ts';

/**
 * Returns why a port could not be opened: `port-busy` if another program uses it or Windows has reserved it, so that only
 * another port can help, else `port-failed`.
 */
export function listenError(
  port: number,
  cause: Error,
  platform: NodeJS.Platform = process.platform,
): AppError {
  const errno = errnoOf(cause);
  if (errno === 'EADDRINUSE') {
    return new AppError('port-busy', `Port ${port} on 127.0.0.1 is in use by another program.`, {
      hint: 'Close that program, or let k8s-tunnels use the next free port.',
      retryable: true,
      cause,
    });
  }
  if (isReserved(cause, platform)) {
    return new AppError('port-busy', `Port ${port} on 127.0.0.1 is reserved by Windows (EACCES).`, {
      hint: listenHint(errno, false, platform),
      retryable: true,
      cause,
    });
  }
  const isShortage = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'].includes(errno ?? '');
  return new AppError(
    'port-failed',
    `Port ${port} on 127.0.0.1 could not be opened (${errno ?? 'unknown error'}).`,
    { hint: listenHint(errno, isShortage, platform), retryable: isShortage, cause },
  );
}

/**
 * Returns true if Windows keeps the port for Hyper-V, WSL or Docker, in blocks that change with each start of the computer
 * ("TCP port exclusion ranges"), or another account holds it: `bind` then fails with WSAEACCES.
 */
export function isReserved(cause: unknown, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32' && errnoOf(cause) === 'EACCES';
}

/** Advises what to do about a port that cannot be opened, in terms of the system. */
export function listenHint(
  errno: string | undefined,
  isShortage: boolean,
  platform: NodeJS.Platform = process.platform,
): string {
  if (isShortage && platform === 'win32') return 'The limit of memory or sockets is reached: close programs.';
  if (isShortage)
    return 'The limit of open files or memory is reached: close programs, or raise `ulimit -n`.';
  if (errno === 'EACCES' && platform === 'win32')
    return 'Windows may have reserved the port: `netsh interface ipv4 show excludedportrange protocol=tcp` lists those.';
  const rules = platform === 'win32' ? 'firewall, antivirus' : 'firewall, SELinux, AppArmor';
  return `Check this computer's rules for local ports (${rules}).`;
}
