import type { SignOut } from '../../main/model/account.ts';
import type { PlainError } from '../../main/model/app-error.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import type { Consent } from '../../main/model/consent.ts';
import type { AgentState } from './apply-change.ts';
import type { LinkState } from './link.ts';

/** Something that a person asked for and that did not work, or not quite. Stays until it is dismissed. */
export interface Problem {
  readonly id: number;
  readonly level: 'warning' | 'error';
  readonly title: string;
  readonly error?: PlainError | undefined;
}

/** What can be taken back, with how it was before. */
export type Undoable =
  | {
      readonly kind: 'disconnected';
      readonly clusters: readonly ClusterId[];
      /** The one of them that was current, and until when. */
      readonly current: ClusterId | undefined;
      readonly until?: number | undefined;
    }
  | {
      readonly kind: 'unstarred';
      readonly cluster: ClusterId;
      /** In the person's order. */
      readonly favourites: readonly ClusterId[];
    }
  | { readonly kind: 'setRemoved'; readonly set: ClusterSet }
  /** The current context was switched to this cluster. */
  | { readonly kind: 'switched'; readonly cluster: ClusterId };

/** What was done, said for a moment, with the way back. */
export interface Done {
  readonly id: number;
  readonly title: string;
  readonly undoable?: Undoable | undefined;
}

/** What a person asked for of an account: on its way, or what came of it as far as the account does not show it. */
export type SignInState =
  | { readonly status: 'signing-in' | 'signing-out' }
  | { readonly status: 'failed'; readonly to: 'sign-in' | 'sign-out'; readonly error: PlainError }
  | { readonly status: 'signed-out'; readonly result: SignOut };

export interface PageState {
  readonly link: LinkState;
  /** Undefined until the first snapshot; while the link is lost, what was known last. */
  readonly agent?: AgentState | undefined;
  readonly problems: readonly Problem[];
  readonly done?: Done | undefined;
  /** What was asked for and is not answered yet. */
  readonly asked: ReadonlyMap<ClusterId, 'connect' | 'disconnect'>;
  /** API servers that the user is asked about, one after another: each would receive their id token. */
  readonly consents: readonly Consent[];
  /** By `accountKey`. */
  readonly signIns: ReadonlyMap<string, SignInState>;
  /** The user is being signed in to everything that is missing. */
  readonly isSigningIn?: boolean;
  /** A change waits for the user in the terminal that runs `serve`. */
  readonly isConfirming?: boolean;
  /** A production cluster that waits for a yes before kubectl is moved to it. */
  readonly confirming?: ClusterId | undefined;
}

export interface PageStore {
  get(): PageState;
  update(change: (state: PageState) => PageState): void;
  /** The answer ends it. */
  subscribe(listener: () => void): () => void;
}

export function createPageStore(): PageStore {
  let state: PageState = {
    link: { status: 'opening' },
    problems: [],
    asked: new Map(),
    consents: [],
    signIns: new Map(),
  };
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    update(change) {
      const next = change(state);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
