import { describe, expect, test } from 'vitest';
import type { ClientOperation } from '../../main/model/clients/client-kind.ts';
import { type Outcome, rightValues } from './outcome.ts';
import { kindOf, skipReason, through } from './prepared.ts';
import { testedClients } from './runs.ts';

// Every client with a kubeconfig that only reads: what it reads is as with the form `tls`, and the rest does not happen.

/** What needs more than reading. */
const refused: readonly ClientOperation[] = ['exec', 'port-forward', 'release'];
/**
 * How clients report an answer of 403, with or without its words. kr8s tries again until it has no time left. k9s is back in
 * its list at once, where what is typed for the shell opens an editor.
 */
const refusal =
  /read-only|forbidden|403|handshake|upgrade|unexpected response|Connection reset|no output|EOF|timed out|edit the object/i;

const isRight = (operation: ClientOperation, outcome: Outcome | undefined): boolean =>
  outcome !== undefined && 'value' in outcome && outcome.value === rightValues[operation];

describe.concurrent.each(testedClients)('$kind $version', (client) => {
  test.concurrent('only reads', async ({ skip }) => {
    const reason = skipReason(client);
    skip(reason !== undefined, reason);
    const { operations, forms } = kindOf(client.kind);
    const outcomes = await through(client, 'tls', 'read-only');
    const without = forms.tls.status === 'part' ? forms.tls.without : [];
    for (const operation of operations) {
      const outcome = outcomes[operation];
      const said = JSON.stringify(outcome);
      if (!refused.includes(operation))
        expect(isRight(operation, outcome), `${operation}: ${said}`).toBe(!without.includes(operation));
      else {
        expect(isRight(operation, outcome), `${operation}: ${said}`).toBe(false);
        expect(said, operation).toMatch(refusal);
      }
    }
  });
});
