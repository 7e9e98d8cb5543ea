import { UnknownAnswer } from './builtin-connector.ts';
import type { Connector } from './connector.ts';

/**
 * Uses `builtin`. If the edge answers in a way that `builtin` does not know, switches to `cloudflared` at the first
 * byte that `cloudflared` delivers, until the tunnel is closed. Calls `onTurn` at the switch.
 */
export function createAutoConnector(options: {
  readonly builtin: Connector;
  readonly cloudflared: Connector;
  /** Resolves with true if cloudflared is allowed and installed. */
  readonly mayTurn: () => Promise<boolean>;
  readonly onTurn: () => void;
}): Connector {
  const { builtin, cloudflared, mayTurn, onTurn } = options;
  let turned = false;
  return {
    kind: () => (turned ? 'cloudflared' : 'builtin'),
    prepare: (how) => builtin.prepare(how),
    async dial(how) {
      if (turned) return cloudflared.dial(how);
      try {
        return await builtin.dial(how);
      } catch (error) {
        if (!(error instanceof UnknownAnswer) || !(await mayTurn())) throw error;
      }
      const stream = await cloudflared.dial(how);
      stream.once('carried', () => {
        if (turned) return;
        turned = true;
        onTurn();
      });
      return stream;
    },
    watch: (lost) => cloudflared.watch?.(lost),
    async close() {
      turned = false;
      await cloudflared.close?.();
    },
  };
}
