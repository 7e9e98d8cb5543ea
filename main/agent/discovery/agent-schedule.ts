import type { Access } from '../access/access.ts';
import type { Parts } from '../agent.ts';
import type { Base } from '../boot.ts';
import { sourceUnder } from '../organisation/source-under.ts';
import {
  createOrganisationCatalog,
  type OrganisationCatalog,
} from '../providers/catalog/organisation-catalog.ts';
import type { Notices } from '../state/notices.ts';
import type { State } from '../state/state.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { withCatalog } from './with-catalog.ts';

/** How long the refreshes of an organisation's computers are spread over, unless its configuration says otherwise. */
const spreadMinutes = 5;

/** Creates the agent's discovery: the sources of its providers, as the organisation's configuration chooses them. */
export function createAgentSchedule(options: {
  readonly base: Base;
  readonly parts: Pick<Parts, 'paths' | 'clock' | 'logger'>;
  readonly state: Pick<State, 'set'>;
  readonly notices: Pick<Notices, 'add'>;
  /** Resolves when the agent can sign in to Access. */
  readonly access: Promise<Access>;
}): { readonly schedule: Schedule; readonly organisationCatalog: OrganisationCatalog } {
  const { base, parts, state, notices, access } = options;
  const { catalog, network, organisation, providers, settings } = base;
  const { clock, logger } = parts;
  const organisationCatalog = createOrganisationCatalog({
    ...{ folder: parts.paths.state, network, clock, logger, access },
    organisation: organisation.current,
    notice: (message) => notices.add('warning', message),
    onChange: (view) => state.set({ publishedCatalog: view ?? null }),
  });
  const schedule = createSchedule({
    sources: () => [
      organisationCatalog.source,
      ...providers
        .flatMap(({ source }) => source?.() ?? [])
        .map((source) => sourceUnder(withCatalog(source, organisationCatalog), organisation.current())),
    ],
    catalog,
    clock,
    logger,
    maxAgeMs: () => settings.get().catalogMaxAgeMinutes * 60_000,
    // One computer alone waits for nobody.
    spreadMs: () =>
      organisation.current() === undefined
        ? 0
        : (organisation.current()?.sources?.spreadMinutes ?? spreadMinutes) * 60_000,
    needsSession: organisationCatalog.needsSession,
    onStatus: (discovery) => state.set({ discovery }),
  });
  return { schedule, organisationCatalog };
}
