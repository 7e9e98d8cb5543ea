import { useMemo } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import {
  clustersMeant,
  type Link,
  type LinkedClusters,
  type Meant,
  meantBy,
  parseLink,
} from '../../main/api/link.ts';
import { targetHash, type WindowTarget } from '../../main/api/window-target.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { SetupPreview } from '../../main/model/organisation-view.ts';
import { openingLines, openingPlan } from '../agent/opening.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useResumeOffer } from '../bar/use-resume-offer.ts';
import { SetupQuestion } from '../setup/setup-preview.tsx';
import { Answers, Lines, Refused } from './answers.tsx';
import { SetProposal } from './set-proposal.tsx';
import { linksText } from './text.ts';
import './link-preview.css';

/** What the dialog asks about: a link, a set, or an organisation's configuration. */
export type Asked =
  | Extract<WindowTarget, { kind: 'link' | 'set' }>
  | {
      readonly kind: 'setup';
      readonly source: string;
      readonly key?: string | undefined;
      readonly preview: SetupPreview;
    }
  /** The pending changes of the organisation's configuration. */
  | { readonly kind: 'review' }
  /** What was connected before, with production among it. */
  | { readonly kind: 'resume' };

/** Previews a link, a set or a configuration. Nothing happens without confirmation. */
export function LinkPreview({
  asked,
  onClose,
  onSetUp,
}: {
  readonly asked: Asked | undefined;
  readonly onClose: () => void;
  /** Called after an organisation's configuration was set up. */
  readonly onSetUp: (how: { readonly signsIn: boolean }) => void;
}) {
  const done = (how: { readonly signsIn: boolean }) => {
    onClose();
    onSetUp(how);
  };
  return (
    <ModalOverlay
      className="veil"
      isOpen={asked !== undefined}
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className="modal link-preview">
        {/* A new dialog for each link: the safe answer gets the focus again. */}
        <Dialog role="alertdialog" key={asked && keyOf(asked)}>
          {asked?.kind === 'link' && <AskedByLink link={asked.link} onClose={onClose} onSetUp={done} />}
          {asked?.kind === 'setup' && (
            <SetupQuestion source={asked.source} given={asked} onClose={onClose} onDone={done} />
          )}
          {asked?.kind === 'review' && <SetupQuestion onClose={onClose} onDone={onClose} />}
          {asked?.kind === 'resume' && <AskedByResume onClose={onClose} />}
          {asked?.kind === 'set' && <AskedBySet name={asked.name} onClose={onClose} />}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function keyOf(asked: Asked): string {
  if (asked.kind === 'review' || asked.kind === 'resume') return asked.kind;
  return asked.kind === 'setup' ? asked.source : targetHash(asked);
}

type Read = { readonly kind: 'refused'; readonly error: PlainError } | Link;

function AskedByLink({
  link,
  onClose,
  onSetUp,
}: {
  readonly link: string;
  readonly onClose: () => void;
  readonly onSetUp: (how: { readonly signsIn: boolean }) => void;
}) {
  const read = useMemo((): Read => {
    try {
      return parseLink(link);
    } catch (error) {
      return { kind: 'refused', error: toPlainError(error) };
    }
  }, [link]);
  switch (read.kind) {
    case 'refused':
      return <Refused error={read.error} onClose={onClose} />;
    case 'setup':
      return <SetupQuestion source={read.source} onClose={onClose} onDone={onSetUp} />;
    case 'set':
      return <SetProposal link={read} onClose={onClose} />;
    default:
      return <Clusters link={read} onClose={onClose} />;
  }
}

function AskedBySet({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const clusters = useAgent((agent) => agent.clusters);
  const set = useAgent(({ sets }) => sets.find((one) => one.name === name));
  const meant = useMemo(() => meantBy(set?.clusters ?? [], clusters), [set, clusters]);
  return <Opening meant={meant} origin="set" note={linksText.ofSet(name)} onClose={onClose} />;
}

function AskedByResume({ onClose }: { readonly onClose: () => void }) {
  const clusters = useAgent((agent) => agent.clusters);
  const offer = useResumeOffer();
  const meant = useMemo(() => meantBy(offer?.clusters ?? [], clusters), [offer, clusters]);
  return <Opening meant={meant} origin="resume" note={linksText.ofResume} onClose={onClose} />;
}

function Clusters({ link, onClose }: { readonly link: LinkedClusters; readonly onClose: () => void }) {
  const clusters = useAgent((agent) => agent.clusters);
  const meant = useMemo((): readonly Meant[] | PlainError => {
    try {
      return clustersMeant(link, clusters);
    } catch (error) {
      return toPlainError(error);
    }
  }, [link, clusters]);
  return 'code' in meant ? (
    <Refused error={meant} onClose={onClose} />
  ) : (
    <Opening meant={meant} origin="link" note={linksText.fromLink} onClose={onClose} />
  );
}

function Opening({
  meant,
  origin,
  note,
  onClose,
}: {
  readonly meant: readonly Meant[];
  readonly origin: 'link' | 'set' | 'resume';
  readonly note: string;
  readonly onClose: () => void;
}) {
  const actions = useActions();
  const open = useAgent((agent) => agent.open);
  const policies = useAgent((agent) => agent.policies);
  const lines = openingLines(meant, { open, policies });
  const { ids, production } = openingPlan(lines);
  const others = ids.length - production.length;
  const answer = (yes: boolean | undefined) => {
    onClose();
    void actions.open(ids, origin, yes);
  };
  return (
    <>
      <Heading slot="title">{linksText.title(ids.length)}</Heading>
      <p>{note}</p>
      <Lines label={linksText.list} lines={lines} />
      {production.length > 0 && <p>{linksText.production(production)}</p>}
      <Answers no={ids.length === 0 ? linksText.close : linksText.no} onNo={onClose}>
        {production.length > 0 && others > 0 && (
          <button type="button" className="button" onClick={() => answer(false)}>
            {linksText.others(others)}
          </button>
        )}
        {ids.length > 0 && (
          <button
            type="button"
            className={production.length > 0 ? 'button danger' : 'button primary'}
            onClick={() => answer(production.length > 0 ? true : undefined)}
          >
            {linksText.yes(ids.length, production.length)}
          </button>
        )}
      </Answers>
    </>
  );
}
