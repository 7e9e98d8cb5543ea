import { describe, expect, test } from 'vitest';
import type { ClientForm, ClientKind, ClientOperation } from '../../main/model/clients/client-kind.ts';
import { clientKinds } from '../../main/model/clients/table.ts';
import { entryForms } from '../../main/model/entry-form.ts';
import { explains, judge, type Outcomes } from './outcome.ts';
import { kindOf, skipReason, through } from './prepared.ts';
import { notRun, type TestedClient, testedClients } from './runs.ts';

/** The outcome of each operation, in the words of the table where it is the one that the table says. */
function inItsWords(
  { operations, forms }: ClientKind,
  { hides }: TestedClient,
  form: ClientForm,
  outcomes: Outcomes,
): Record<string, string> {
  const served = forms[form];
  const because = served.status === 'all' ? [] : served.because;
  const errorOf = (operation: ClientOperation) => {
    const outcome = outcomes[operation];
    return outcome !== undefined && 'error' in outcome ? outcome.error : undefined;
  };
  const errors = operations.flatMap((operation) => errorOf(operation) ?? []);
  const isSaid = errors.some((error) => explains(because, error));
  return Object.fromEntries(
    operations.map((operation) => {
      const error = errorOf(operation);
      const isExplained =
        error !== undefined && (explains(because, error) || (isSaid && hides?.test(error) === true));
      const words = isExplained ? `fails: ${because.join(' or ')}` : judge(operation, outcomes[operation]);
      return [operation, words];
    }),
  );
}

function expected({ operations, forms }: ClientKind, form: ClientForm): Record<string, string> {
  const served = forms[form];
  return Object.fromEntries(
    operations.map((operation) => {
      const fails =
        served.status === 'none' || (served.status === 'part' && served.without.includes(operation));
      return [operation, fails ? `fails: ${served.because.join(' or ')}` : 'works'];
    }),
  );
}

describe.concurrent.each(testedClients)('$kind $version', (client) => {
  const kind = kindOf(client.kind);
  test.concurrent.for([...entryForms])('%s', async (form, { skip }) => {
    const reason = skipReason(client);
    skip(reason !== undefined, reason);
    expect(inItsWords(kind, client, form, await through(client, form))).toEqual(expected(kind, form));
  });
});

test('kubectl 1.20 works through HTTP CONNECT where the entry names the exec API v1beta1', async ({
  skip,
}) => {
  const client = testedClients.find(({ kind }) => kind === 'kubectl-1.20');
  if (client === undefined) throw new Error('kubectl 1.20 is not tested');
  const reason = skipReason(client);
  skip(reason !== undefined, reason);
  const outcomes = await through(client, 'connect', 'v1beta1');
  const { operations } = kindOf(client.kind);
  expect(operations.map((one) => judge(one, outcomes[one]))).toEqual(operations.map(() => 'works'));
});

test('every kind of the table is run, or named with the reason why not', () => {
  const named = new Set([...testedClients.map(({ kind }) => kind), ...Object.keys(notRun)]);
  expect(named).toEqual(new Set(clientKinds.map(({ id }) => id)));
});
