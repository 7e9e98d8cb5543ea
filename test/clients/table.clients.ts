import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ClientForm, ClientKind, ClientOperation } from '../../main/model/clients/client-kind.ts';
import { clientKinds } from '../../main/model/clients/table.ts';
import { entryForms } from '../../main/model/entry-form.ts';
import type { HandedOver } from './handed-over.ts';
import { explains, judge, type Outcomes } from './outcome.ts';
import { notRun, type TestedClient, testedClients } from './runs.ts';

const { tools, rig } = JSON.parse(
  readFileSync(process.env.K8S_TUNNELS_CLIENTS_RIG ?? '', 'utf8'),
) as HandedOver;
const isRequired = process.env.K8S_TUNNELS_CLIENTS === 'required';

function kindOf(id: string): ClientKind {
  const kind = clientKinds.find((one) => one.id === id);
  if (kind === undefined) throw new Error(`the table has no ${id}`);
  return kind;
}

/** What is not here that a client needs; `isMeant` where it was left out on purpose. */
function missing({
  needs,
}: TestedClient): { readonly reason: string; readonly isMeant: boolean } | undefined {
  if (rig.status !== 'ready') return { reason: rig.reason, isMeant: false };
  const lacking = needs.flatMap((id) => {
    const tool = tools[id] ?? ({ status: 'missing', reason: 'not prepared' } as const);
    return tool.status === 'ready' ? [] : [{ id, ...tool }];
  });
  if (lacking.length === 0) return undefined;
  const reason = lacking.map(({ id, reason: why }) => `${id}: ${why}`).join('; ');
  return { reason, isMeant: lacking.every(({ status }) => status === 'left-out') };
}

/** Runs a client through the entry of a form, in a home of its own. */
function through(
  client: TestedClient,
  form: ClientForm,
  kubeconfig = rig.status === 'ready' ? rig.kubeconfigs[form] : undefined,
): Promise<Outcomes> {
  if (rig.status !== 'ready') throw new Error(rig.reason);
  const home = mkdtempSync(path.join(rig.folder, 'home-'));
  const kubectl = tools.kubectl?.status === 'ready' ? path.dirname(tools.kubectl.path) : '';
  const env = {
    HOME: home,
    TMPDIR: home,
    KUBECONFIG: kubeconfig ?? '',
    // k9s runs the kubectl that it finds.
    PATH: [kubectl, process.env.PATH ?? ''].join(path.delimiter),
    LANG: 'C.UTF-8',
    ...(process.env.JAVA_HOME === undefined ? {} : { JAVA_HOME: process.env.JAVA_HOME }),
  };
  const tool = (id: string) => {
    const found = tools[id];
    if (found?.status !== 'ready') throw new Error(`${id} is not ready`);
    return found.path;
  };
  return client.run({ env, home, operations: kindOf(client.kind).operations, tool }, form);
}

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
    const lacking = missing(client);
    if (lacking !== undefined && isRequired && !lacking.isMeant) throw new Error(lacking.reason);
    skip(lacking !== undefined, lacking?.reason);
    expect(inItsWords(kind, client, form, await through(client, form))).toEqual(expected(kind, form));
  });
});

test('kubectl 1.20 works through HTTP CONNECT where the entry names the exec API v1beta1', async ({
  skip,
}) => {
  const client = testedClients.find(({ kind }) => kind === 'kubectl-1.20');
  if (client === undefined) throw new Error('kubectl 1.20 is not tested');
  const lacking = missing(client);
  skip(lacking !== undefined, lacking?.reason);
  const outcomes = await through(
    client,
    'connect',
    rig.status === 'ready' ? rig.kubeconfigs.v1beta1 : undefined,
  );
  const { operations } = kindOf(client.kind);
  expect(operations.map((one) => judge(one, outcomes[one]))).toEqual(operations.map(() => 'works'));
});

test('every kind of the table is run, or named with the reason why not', () => {
  const named = new Set([...testedClients.map(({ kind }) => kind), ...Object.keys(notRun)]);
  expect(named).toEqual(new Set(clientKinds.map(({ id }) => id)));
});
