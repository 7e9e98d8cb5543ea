import { expect, it } from 'vitest';
import { clientForms } from '../../../main/model/clients/client-kind.ts';
import { clientKinds } from '../../../main/model/clients/table.ts';
import { entryForms } from '../../../main/model/entry-form.ts';

const numbers = (version: string) => version.split('.').map(Number);
/** Whether one version is before another, each of its parts compared as a number. */
function isBefore(one: string, other: string): boolean {
  const [mine, yours] = [numbers(one), numbers(other)];
  const at = yours.findIndex((part, index) => part !== (mine[index] ?? 0));
  return at !== -1 && (mine[at] ?? 0) < (yours[at] ?? 0);
}

it('has the 22 kinds that were measured, each once', () => {
  expect(clientKinds).toHaveLength(22);
  expect(new Set(clientKinds.map(({ id }) => id)).size).toBe(22);
});

it('says of each form that the product has what each client can do with it', () => {
  for (const form of entryForms) expect(clientForms).toContain(form);
});

it.each(clientKinds)(
  '$id: what it cannot do is among what it does, and each row names its source',
  (kind) => {
    for (const form of clientForms) {
      const served = kind.forms[form];
      if (served.status === 'part')
        expect(kind.operations).toEqual(expect.arrayContaining([...served.without]));
      if (served.status !== 'all') expect(served.because).not.toEqual([]);
    }
    expect(kind.sources).not.toEqual([]);
    for (const source of kind.sources) expect(new URL(source).protocol).toBe('https:');
  },
);

it('a version of a package is in one row at most', () => {
  const rows = clientKinds.flatMap(({ packages, from = '0', before = '99999' }) =>
    packages.map(({ registry, name }) => ({ key: `${registry} ${name}`, from, before })),
  );
  for (const one of rows)
    for (const other of rows)
      if (one !== other && one.key === other.key)
        expect(isBefore(one.from, other.before) && isBefore(other.from, one.before), one.key).toBe(false);
});

it('a local TLS proxy serves every one of them', () => {
  expect(clientKinds.filter(({ forms }) => forms.tls.status !== 'all')).toEqual([]);
});
