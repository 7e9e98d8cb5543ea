import type { Kubectl } from '../model/agent-view.ts';
import { timeLeft } from '../model/time-left.ts';
import { paint, printable } from './terminal.ts';

/**
 * Describes the current context and its time limit. Marks production by a word too, because not everybody sees the
 * colour.
 */
export function kubectlLine({ context, cluster, production, limit }: Kubectl): string {
  if (context === undefined) return paint('dim', 'Current context: none');
  const name = paint(production ? ['red', 'bold'] : 'bold', printable(context));
  if (cluster === undefined) return `Current context: ${name} (other context)`;
  const notes = [
    ...(production ? [paint(['red', 'bold'], 'production')] : []),
    ...(limit === undefined
      ? []
      : [
          `${timeLeft(limit.until, Date.now())} left`,
          limit.back === undefined ? 'then none' : `then ${printable(limit.back)}`,
        ]),
  ];
  return `Current context: ${name}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}
