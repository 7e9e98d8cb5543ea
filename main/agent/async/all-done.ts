/** Resolves when all of the work has ended. Rejects with the first error in the order of the list, also only then. */
export async function allDone(work: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  for (const one of await Promise.allSettled(work)) if (one.status === 'rejected') throw one.reason;
}
