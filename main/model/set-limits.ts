/** The most clusters of a set, which open together. */
export const mostInSet = 50;

/** The longest name of a set. */
export const longestSetName = 60;

/** Returns the form of a set's name that is compared: without case, with composed letters. */
export function setKey(name: string): string {
  return name.trim().normalize().toLowerCase();
}
