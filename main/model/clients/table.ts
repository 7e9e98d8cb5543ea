import type { ClientKind } from './client-kind.ts';
import { libraryKinds } from './library-kinds.ts';
import { programKinds } from './program-kinds.ts';

/**
 * The Kubernetes clients that were measured, and the entry forms that serve each. `npm run test:clients` runs the rows that
 * can run, the failing ones too, so that no row outlives the behaviour that it describes.
 */
export const clientKinds: readonly ClientKind[] = [...programKinds, ...libraryKinds];
