import { afterEach, beforeEach } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** The functions of the core that a test enters or, of a file, those entered outside its tests. */
    reached?: readonly string[];
  }
}

const places = new Set<string>();
const outside = new Set<string>();
globalThis.reachedInCore = (place) => places.add(place);

const set = (from: Set<string>): readonly string[] => {
  const all = [...from];
  from.clear();
  return all;
};

beforeEach(({ task }) => {
  for (const place of set(places)) outside.add(place);
  task.file.meta.reached = [...outside];
});

afterEach(({ task }) => {
  task.meta.reached = set(places);
});
