import type { Person } from './plan.ts';

/** Who logs in in tests and in the demo. */
export function firstPerson(people: readonly Person[]): Person {
  const [person] = people;
  if (person === undefined) throw new Error('the plan has no people');
  return person;
}
