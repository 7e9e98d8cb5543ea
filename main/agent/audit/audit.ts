import { randomBytes } from 'node:crypto';
import { toPlainError } from '../../model/app-error.ts';
import type { AuditRequest } from '../../model/audit-entry.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Settings } from '../../model/settings.ts';
import type { Exchange } from '../api-proxy/exchange.ts';
import type { Grant } from '../api-proxy/grants.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import { createCollector } from './collector.ts';
import { createAuditLog } from './log.ts';
import { createRequestCounters } from './metrics.ts';
import { observed } from './observer.ts';

type RequestGrant = Pick<Grant, 'cluster'> & Partial<Pick<Grant, 'holder'>>;

/** Records each request through a local TLS proxy. */
export interface Audit {
  /**
   * Returns the exchange as it goes on: its request, with the secret of that grant, is recorded when it is answered. Costs
   * nothing while the audit is off.
   */
  observe(exchange: Exchange, grant: RequestGrant): Exchange;
  /** Returns counters of the requests since the start, as families of OpenMetrics. */
  metrics(): readonly (readonly string[])[];
  /** Resolves when all entries are on disk, as far as possible. */
  close(): Promise<void>;
}

export function createAudit(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network: Pick<Network, 'request'>;
  readonly settings: () => Pick<Settings, 'audit' | 'auditExport'>;
  readonly titleOf: (id: ClusterId) => string;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
}): Audit {
  const { folder, clock, logger, network, settings, titleOf, notice } = options;
  const counters = createRequestCounters();
  const log = createAuditLog({
    folder,
    clock,
    onFailed(error) {
      const { code, message, hint = '' } = toPlainError(error);
      logger.warn('Audit entries are not written', { code, message });
      notice('warning', `Requests are not audited until this is fixed. ${message} ${hint}`.trim());
    },
  });
  const collector = createCollector({
    ...{ clock, logger, network },
    endpoint: () => settings().auditExport,
    onFailed(endpoint, error) {
      const { message, hint = '' } = toPlainError(error);
      notice('warning', `The audit is not sent to ${endpoint}. ${message} ${hint}`.trim());
    },
  });
  const start = randomBytes(4).toString('hex');
  let streams = 0;
  const nameStream = () => {
    streams += 1;
    return `${start}-${streams}`;
  };
  const record = (entry: AuditRequest) => {
    log.append(entry);
    counters.count(entry);
    collector.send(entry);
  };
  const { now } = clock;

  return {
    observe(exchange, { cluster, holder }) {
      if (!settings().audit) return exchange;
      const readOnly = holder === 'read-only' ? ({ readOnly: true } as const) : {};
      const origin = { cluster, title: titleOf(cluster), ...readOnly };
      return observed(exchange, { origin, now, nameStream, record });
    },
    metrics: () => counters.families(log.lost()),
    close() {
      collector.close();
      return log.close();
    },
  };
}
