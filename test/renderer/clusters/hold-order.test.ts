import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cluster, ClusterId } from '../../../main/model/cluster.ts';
import { holdOrder, type Pointed } from '../../../renderer/clusters/hold-order.ts';
import { byTitle, countOf, layoutOf, type Section } from '../../../renderer/clusters/layout.ts';
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

const situation = fc.tuple(layout, layout, fc.nat(), fc.boolean()).map(([shown, next, at, isHead]) => {
  const all = ids(shown);
  const section = shown[at % shown.length] as Section;
  const pointed: Pointed = isHead
    ? { kind: 'head', id: section.id }
    : { kind: 'row', id: all[at % all.length] as ClusterId };
  return { shown, next, pointed };
});

/** Heads and rows from above down to the pointed one, and how many there are: each has a height of its own. */
const upTo = (sections: readonly Section[], pointed: Pointed) => {
  const items = sections.flatMap((section) => [
    `head ${section.id}`,
    ...section.clusters.map(({ id }) => `row ${id}`),
  ]);
  return items.slice(0, items.indexOf(`${pointed.kind} ${pointed.id}`) + 1);
};

test('whether the pointer moves or rests, nothing above it comes, goes or moves, and it stays itself', () => {
  fc.assert(
    fc.property(situation, fc.boolean(), ({ shown, next, pointed }, isResting) => {
      const held = holdOrder({ shown, next, pointed, isResting });
      expect(upTo(held, pointed)).toEqual(upTo(shown, pointed));
    }),
  );
});

test('while the pointer moves, no row moves at all', () => {
  fc.assert(
    fc.property(situation, ({ shown, next, pointed }) => {
      expect(ids(holdOrder({ shown, next, pointed, isResting: false }))).toEqual(ids(shown));
    }),
  );
});

test('nothing is shown twice, and everything as it is now', () => {
  fc.assert(
    fc.property(situation, fc.boolean(), ({ shown, next, pointed }, isResting) => {
      const held = rows(holdOrder({ shown, next, pointed, isResting })).map(({ cluster }) => cluster);
      expect(new Set(held.map(({ id }) => id)).size).toBe(held.length);
      const now = new Map(rows(next).map(({ cluster }) => [cluster.id, cluster]));
      for (const cluster of held) expect(now.get(cluster.id) ?? cluster).toBe(cluster);
    }),
  );
});

test('once the pointer rests, every row is there, wherever it belongs; what is gone is not counted', () => {
  fc.assert(
    fc.property(situation, ({ shown, next, pointed }) => {
      const held = holdOrder({ shown, next, pointed, isResting: true });
      expect(new Set(ids(held))).toEqual(new Set([...ids(shown), ...ids(next)]));
      expect(countOf(held)).toBe(ids(next).length);
    }),
  );
});

test('however often rows come while the pointer goes about, none above it moves', () => {
  fc.assert(
    fc.property(layout, fc.array(fc.tuple(layout, fc.nat(), fc.boolean())), (first, steps) => {
      let shown = first;
      for (const [next, at, isResting] of steps) {
        const all = ids(shown);
        const pointed: Pointed = { kind: 'row', id: all[at % all.length] as ClusterId };
        const held = holdOrder({ shown, next, pointed, isResting });
        expect(upTo(held, pointed)).toEqual(upTo(shown, pointed));
        expect(new Set(held.map(({ id }) => id)).size).toBe(held.length);
        shown = held;
      }
    }),
  );
});

test('a row that is not shown holds nothing', () => {
  fc.assert(
    fc.property(layout, layout, (shown, next) => {
      const pointed = { kind: 'row', id: aCluster('elsewhere').id } as const;
      expect(holdOrder({ shown, next, pointed, isResting: true })).toBe(next);
    }),
  );
});
