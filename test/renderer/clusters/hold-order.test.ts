import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cluster, ClusterId } from '../../../main/agent/catalog/cluster.ts';
import { holdOrder } from '../../../renderer/clusters/hold-order.ts';
import { byTitle, layoutOf, type Section } from '../../../renderer/clusters/layout.ts';
import { aCluster } from '../shown.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

/** One state of the agent: each cluster is there or not, has a tunnel or not, is open, is a favourite. */
const layout = fc
  .record({
    there: fc.subarray(names, { minLength: 1 }),
    bare: fc.subarray(names),
    open: fc.subarray(names),
    favourites: fc.shuffledSubarray(names),
    denied: fc.subarray(names),
  })
  .map(({ there, bare, open, favourites, denied }) => {
    const made = (name: string): Cluster =>
      aCluster(name, {
        account: name < 'f' ? 'one' : 'two',
        ...(bare.includes(name) ? { reach: { kind: 'none', reason: 'No tag.' } } : {}),
      });
    const idsOf = (some: readonly string[]) => some.map((name) => made(name).id);
    return layoutOf({
      clusters: byTitle(there.map(made)),
      open: new Set(idsOf(open)),
      favourites: idsOf(favourites),
      order: 'own',
      groupBy: 'account',
      isDenied: ({ name }) => denied.includes(name),
    });
  });

const rows = (sections: readonly Section[]) =>
  sections.flatMap((section) => section.clusters.map((cluster) => ({ section: section.id, cluster })));
const ids = (sections: readonly Section[]) => rows(sections).map(({ cluster }) => cluster.id);

const situation = fc.tuple(layout, layout, fc.nat()).map(([shown, next, at]) => {
  const all = ids(shown);
  return { shown, next, pointed: all[at % all.length] as ClusterId };
});

test('no row above the pointed one comes, moves or changes its section', () => {
  fc.assert(
    fc.property(situation, ({ shown, next, pointed }) => {
      const stay = new Set(ids(next));
      fc.pre(stay.has(pointed));
      const upTo = (sections: readonly Section[]) => {
        const all = rows(sections).map(({ section, cluster }) => `${section}: ${cluster.id}`);
        return all.slice(0, ids(sections).indexOf(pointed) + 1);
      };
      const before = rows(shown)
        .slice(0, ids(shown).indexOf(pointed) + 1)
        .filter(({ cluster }) => stay.has(cluster.id))
        .map(({ section, cluster }) => `${section}: ${cluster.id}`);
      expect(upTo(holdOrder(shown, next, pointed))).toEqual(before);
    }),
  );
});

test('nothing is shown twice, nothing that is gone, everything as it is now', () => {
  fc.assert(
    fc.property(situation, ({ shown, next, pointed }) => {
      const held = rows(holdOrder(shown, next, pointed)).map(({ cluster }) => cluster);
      expect(new Set(held).size).toBe(held.length);
      const now = new Set(rows(next).map(({ cluster }) => cluster));
      expect(held.filter((cluster) => !now.has(cluster))).toEqual([]);
    }),
  );
});

test('nothing is lost: what was shown and still is stays, what is new waits only for a section above', () => {
  fc.assert(
    fc.property(situation, ({ shown, next, pointed }) => {
      const at = shown.findIndex(({ clusters }) => clusters.some(({ id }) => id === pointed));
      const above = new Set(shown.slice(0, at).map(({ id }) => id));
      const known = new Set(ids(shown));
      const due = rows(next)
        .filter(({ section, cluster }) => known.has(cluster.id) || !above.has(section))
        .map(({ cluster }) => cluster.id);
      const held = ids(holdOrder(shown, next, pointed));
      expect([...held].sort()).toEqual([...due].sort());
    }),
  );
});

test('a row that is not shown holds nothing', () => {
  fc.assert(
    fc.property(layout, layout, (shown, next) => {
      expect(holdOrder(shown, next, aCluster('elsewhere').id)).toBe(next);
    }),
  );
});
