import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/**
 * Returns when a process started, ms since the epoch, or undefined if it is not running or the time is unknown. Two
 * processes with the same pid, one after the other, differ in it: pid and start time together identify a process.
 * On Linux it is computed as gopsutil does (boot time in whole seconds plus start ticks), because cloudflared compares
 * it with its own reading and tolerates one second.
 */
export function processStart(pid: number): number | undefined {
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'linux') return linuxStart(pid);
  if (pid === process.pid) return Math.round(Date.now() - process.uptime() * 1000);
  if (process.platform === 'win32') return undefined;
  try {
    return Date.parse(
      execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: psLimitMs,
      }).trim(),
    );
  } catch {
    return undefined;
  }
}

/** `ps` answers in milliseconds: do not wait for one that does not. */
const psLimitMs = 5_000;

/**
 * Returns true if the process that wrote `{pid, start}` into a lock is still running. Where the system does not say when
 * the process with this pid started (Windows), it counts as the same unless the computer has started since.
 */
export function isSameProcess(pid: number, start: number): boolean {
  if (!isAlive(pid)) return false;
  const now = processStart(pid);
  if (now === undefined || Number.isNaN(now)) return mayRunSince(start);
  return Math.abs(now - start) <= 1000;
}

/** Clocks are set, and the time since the start is rounded. */
const bootToleranceMs = 60_000;

/** Returns false if a process that started then cannot run any more, because the computer started later. */
export function mayRunSince(
  start: number,
  { now = Date.now(), upMs = uptime() * 1000 }: { readonly now?: number; readonly upMs?: number } = {},
): boolean {
  return start >= now - upMs - bootToleranceMs;
}

/** Returns true if a process is stopped, as by SIGSTOP or Ctrl-Z. Undefined if this system does not say. */
export function isStopped(pid: number): boolean | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // T: stopped by a signal, t: by a debugger (proc_pid_stat(5)).
    return /^[Tt]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  // Zero and negative numbers name groups of processes.
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is running under another account.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function linuxStart(pid: number): number | undefined {
  try {
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may contain spaces and brackets: count fields after its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticksPerSecond = 100;
    return bootSeconds * 1000 + (Number(fields[19]) * 1000) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
