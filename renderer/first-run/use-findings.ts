import { useCallback, useEffect, useRef, useState } from 'react';
import type { Findings } from '../../main/model/findings.ts';
import { useActions, useAgent } from '../agent/page.tsx';

const nothing: Findings = { awsProfiles: [], clusterFiles: [] };

/** Reads what this computer has, again when the window gets the focus or the cluster files change. */
export function useFindings(onBack: () => void): Findings | undefined {
  const actions = useActions();
  const [findings, setFindings] = useState<Findings>();
  const last = useRef(0);
  const read = useCallback(() => {
    const turn = ++last.current;
    actions.findings().then(
      (now) => {
        if (turn === last.current) setFindings(now);
      },
      // An older agent has no findings; the accounts report why nothing can be read.
      () => {
        if (turn === last.current) setFindings((known) => known ?? nothing);
      },
    );
  }, [actions]);
  const files = useAgent(({ settings }) => settings.clusterFiles);
  const organisation = useAgent((agent) => agent.organisation);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each is a reason to read.
  useEffect(() => {
    read();
    return () => {
      last.current += 1;
    };
  }, [read, files, organisation]);
  useEffect(() => {
    const hear = () => {
      read();
      onBack();
    };
    window.addEventListener('focus', hear);
    return () => window.removeEventListener('focus', hear);
  }, [read, onBack]);
  return findings;
}
