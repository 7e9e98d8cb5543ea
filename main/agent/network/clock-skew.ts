import type { ClientRequest } from 'node:http';
import { AppError } from '../../model/app-error.ts';

/** How far this computer's clock is from the clocks of servers. */
export interface ClockSkew {
  /** Ms; negative if this computer is behind. */
  readonly aheadMs: number;
  /** The last server that showed it. */
  readonly host: string;
}

/** Compares this computer's clock with the `Date` header of answers (RFC 9110, 6.6.1). */
export interface ClockWatch {
  /** `sentAt` and `receivedAt` are of this computer's clock, ms: the server's time lies between them if both agree. */
  see(answer: {
    readonly host: string;
    readonly date: string | undefined;
    readonly sentAt: number;
    readonly receivedAt: number;
  }): void;
  /** Compares the answer of a request that is about to be sent. */
  follow(request: ClientRequest, host: string): void;
  /** Undefined while the clock is right or no server has answered. */
  skew(): ClockSkew | undefined;
}

export interface ClockParts {
  /** This computer's clock, ms since the epoch. */
  readonly now?: () => number;
  /** Called when it turns out to be wrong, and again if that happens after it was right. */
  readonly onSkew?: (skew: ClockSkew) => void;
}

/** Clouds accept a request up to five minutes from their own time; a token for a cluster lives for 14 minutes. */
const toleranceMs = 2 * 60_000;
/** The header has whole seconds. */
const resolutionMs = 1_000;
const mostHosts = 20;

/**
 * One server may be wrong: the clock counts as wrong when most servers, of the last 20, agree on it.
 */
export function createClockWatch({ now = Date.now, onSkew = () => {} }: ClockParts = {}): ClockWatch {
  /** The last answer of each host, the oldest first. 0: its time agrees with ours. */
  const hosts = new Map<string, number>();
  let current: ClockSkew | undefined;

  const judge = (): ClockSkew | undefined => {
    for (const sign of [1, -1]) {
      const agreeing = [...hosts].filter(([, aheadMs]) => Math.sign(aheadMs) === sign);
      const [host, aheadMs] = agreeing.at(-1) ?? ['', 0];
      if (agreeing.length * 2 > hosts.size) return { host, aheadMs };
    }
    return undefined;
  };

  const watch: ClockWatch = {
    skew: () => current,
    follow(request, host) {
      const sentAt = now();
      request.prependOnceListener('response', ({ headers: { date, age } }) => {
        // An answer of a cache has the date of its making.
        if (age === undefined) watch.see({ host, date, sentAt, receivedAt: now() });
      });
    },
    see({ host, date, sentAt, receivedAt }) {
      const at = Date.parse(date ?? '');
      if (Number.isNaN(at) || receivedAt < sentAt) return;
      const [least, most] = [sentAt - at - resolutionMs, receivedAt - at];
      const aheadMs = least > toleranceMs ? least : most < -toleranceMs ? most : 0;
      // An answer that took long says nothing, unless both ends of it are near.
      if (aheadMs === 0 && (most > toleranceMs || least < -toleranceMs)) return;
      const before = hosts.get(host);
      // Not the server's clock has changed: what others showed before is of the old time too.
      if (before !== undefined && Math.abs(before - aheadMs) > toleranceMs) hosts.clear();
      hosts.delete(host);
      hosts.set(host, aheadMs);
      if (hosts.size > mostHosts) hosts.delete(hosts.keys().next().value ?? host);
      const known = current;
      current = judge();
      if (current !== undefined && known === undefined) onSkew(current);
    },
  };
  return watch;
}

/** Formats a sentence: `The clock of this computer is 20 minutes ahead of sts.amazonaws.com.` */
export function skewSentence({ aheadMs, host }: ClockSkew): string {
  return `The clock of this computer is ${roughly(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} ${host}.`;
}

/** Says how to correct the clock. */
export function clockCure(platform: NodeJS.Platform = process.platform): string {
  const how: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'switch on "Set time and date automatically" in System Settings, General, Date & Time',
    win32:
      'switch on "Set time automatically" in Settings, Time & language, or run `w32tm /resync` as administrator',
  };
  return `Correct it: ${how[platform] ?? 'run `sudo timedatectl set-ntp true`'}.`;
}

/** Errors that a wrong clock does not explain. */
const unrelated = new Set([
  'cancelled',
  'bad-input',
  'not-found',
  'ambiguous-cluster',
  'port-busy',
  'consent-needed',
]);

/** Adds the wrong clock to an error about a token, a signature or a login, which it may well explain. */
export function withClock(error: unknown, skew: ClockSkew | undefined): unknown {
  if (skew === undefined || !(error instanceof AppError) || unrelated.has(error.code)) return error;
  const { code, message, hint = '', retryable, signIn, mender } = error;
  return new AppError(code, message, {
    hint: `${skewSentence(skew)} ${clockCure()} ${hint}`.trim(),
    retryable,
    signIn,
    mender,
    cause: error,
  });
}

function roughly(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [count, unit] = minutes < 120 ? [minutes, 'minute'] : [Math.round(minutes / 60), 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
