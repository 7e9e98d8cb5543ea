import { plural } from '../../main/model/wording.ts';

/** `1 cluster`, `1,204 clusters`. */
export function clusterCount(count: number): string {
  return plural(count, { one: '# cluster', other: '# clusters' });
}

/** `1 location`, `40 locations`. */
export function locationCount(count: number): string {
  return plural(count, { one: '# location', other: '# locations' });
}

export function couldNotLoad(failed: number, all: number): string {
  return `Could not load ${failed} of ${locationCount(all)}`;
}
