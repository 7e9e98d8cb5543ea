import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { isProduction } from '../../model/is-production.ts';

/**
 * The rule for production clusters, the same for every shell: connecting one never switches the current context to it,
 * switching to one asks, a link or a set that contains one asks before it is connected, and a terminal of one is marked, or
 * asks where the organisation wants that.
 */

/** The parts of a connect request that the rule checks. */
export interface ConnectRequest {
  /** In this order. The first one that is up becomes current if the current context is switched. */
  readonly clusters: readonly Cluster[];
  /** Where undefined, the settings decide. */
  readonly mode?: 'switch' | 'add' | undefined;
  /** The source of the list of clusters, if the user did not name them. */
  readonly origin?: 'link' | 'set' | 'resume' | undefined;
  /** The user's answer. Undefined before the user was asked. */
  readonly production?: boolean | undefined;
}

export interface ConnectPlan {
  readonly clusters: readonly Cluster[];
  /** Production clusters of a link or a set that the user did not confirm. */
  readonly left: readonly Cluster[];
  /** Returns true if this cluster may become current when it is the first one that is up. */
  readonly mayBecomeCurrent: (cluster: Cluster) => boolean;
  /** Production clusters because of which the current context stays the same. */
  readonly stays: readonly Cluster[];
}

/**
 * Decides what a connect does. Throws `production-unconfirmed` if the user has to be asked first: call again with the
 * answer.
 */
export function connectPlan(
  request: ConnectRequest,
  facts: {
    /** False if the organisation disables the confirmation. */
    readonly isGuarded: boolean;
    /** The id of the current cluster. */
    readonly current: string | undefined;
    readonly isOpen: (id: ClusterId) => boolean;
    /** True if the settings say to switch. */
    readonly switches: boolean;
  },
): ConnectPlan {
  const { mode, origin, production } = request;
  const { isGuarded, current, isOpen, switches } = facts;
  const asks = (cluster: Cluster) => isGuarded && mayAsk(cluster, current);
  const wanted = origin === undefined ? [] : request.clusters.filter((one) => asks(one) && !isOpen(one.id));
  if (wanted.length > 0 && production === undefined)
    throw productionUnconfirmed(wanted, connectQuestion(wanted), switchHint);
  const left = production === true ? [] : wanted;
  const clusters = request.clusters.filter((one) => !left.includes(one));
  const [first] = clusters;
  if (mode === 'switch' && first !== undefined && asks(first) && production !== true)
    throw productionUnconfirmed([first], switchQuestion, connectHint);
  if (mode === 'add' || (mode === undefined && !switches))
    return { clusters, left, mayBecomeCurrent: () => false, stays: [] };
  if (mode === 'switch') {
    // The user confirmed the first of them: no other one replaces it if it fails.
    const mayBecomeCurrent = (one: Cluster) => !asks(one) || (production === true && one.id === first?.id);
    return { clusters, left, mayBecomeCurrent, stays: clusters.filter((one) => !mayBecomeCurrent(one)) };
  }
  // A link or a set with production never switches, even if the organisation disables the confirmation.
  const stays = clusters.filter((one) => asks(one) || (origin !== undefined && mayAsk(one, current)));
  return { clusters, left, mayBecomeCurrent: () => stays.length === 0, stays };
}

/** Throws `production-unconfirmed` if a switch to this cluster has to be confirmed. */
export function checkSwitch(
  cluster: Cluster,
  facts: {
    readonly isGuarded: boolean;
    readonly current: string | undefined;
    readonly confirmed: boolean;
  },
): void {
  const { isGuarded, current, confirmed } = facts;
  if (isGuarded && !confirmed && mayAsk(cluster, current))
    throw productionUnconfirmed([cluster], switchQuestion, switchHint);
}

/**
 * Throws `production-unconfirmed` if the end of a time limit would restore a production cluster's context: it would
 * become current without a confirmation at that moment.
 */
export function checkLimit(
  back: Cluster | undefined,
  facts: { readonly isGuarded: boolean; readonly confirmed: boolean },
): void {
  if (back === undefined || !facts.isGuarded || facts.confirmed || !isProduction(back)) return;
  throw new AppError(
    'production-unconfirmed',
    `When the time is up, the current context switches back to ${back.title}, which is a production cluster.`,
    { hint: switchHint },
  );
}

/**
 * Returns the production clusters that the end of a time limit must not make current: all but the one that the user
 * confirmed when the limit was set.
 */
export function unconfirmedBack(
  clusters: readonly Cluster[],
  facts: {
    readonly isGuarded: boolean;
    /** The cluster whose time limit ends. */
    readonly limited: ClusterId;
    readonly agreed: ClusterId | undefined;
  },
): readonly ClusterId[] {
  const { isGuarded, limited, agreed } = facts;
  if (!isGuarded) return [];
  return clusters
    .filter((one) => one.id !== limited && one.id !== agreed && isProduction(one))
    .map(({ id }) => id);
}

/**
 * Throws `production-unconfirmed` if the organisation wants a confirmation before a terminal or a command gets a
 * production cluster's context. Otherwise terminals are only marked as production.
 */
export function checkTerminals(
  clusters: readonly Cluster[],
  facts: { readonly asks: boolean; readonly confirmed: boolean; readonly question?: string },
): void {
  const { asks, confirmed, question = 'your organisation asks before a terminal opens.' } = facts;
  if (!asks || confirmed) return;
  const production = clusters.filter(isProduction);
  if (production.length > 0) throw productionUnconfirmed(production, question, switchHint);
}

function mayAsk(cluster: Cluster, current: string | undefined): boolean {
  return isProduction(cluster) && cluster.id !== current;
}

function productionUnconfirmed(
  clusters: readonly Pick<Cluster, 'title'>[],
  question: string,
  hint: string,
): AppError {
  const titles = clusters.map(({ title }) => title);
  const what =
    titles.length === 1
      ? `${titles[0]} is a production cluster`
      : `${titles.slice(0, -1).join(', ')} and ${titles.at(-1)} are production clusters`;
  return new AppError('production-unconfirmed', `${what}: ${question}`, { hint });
}

const switchQuestion = 'the current context switches to it only when you confirm.';
function connectQuestion({ length }: readonly unknown[]): string {
  return length === 1
    ? 'it is connected only when you confirm.'
    : 'they are connected only when you confirm.';
}

const switchHint = 'Confirm with --production.';
const connectHint = 'Confirm with --production, or leave out --switch to connect without switching.';
