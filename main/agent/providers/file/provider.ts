import type { Provider, ProviderParts } from '../provider.ts';
import { fileCredentials } from './credential.ts';
import { createFileSource } from './file.ts';
import { fileFindings } from './findings.ts';

/** Provides clusters from YAML lists. */
export function fileProvider(shared: ProviderParts): Provider {
  const { env, home, clock, folders, settings, checkClusterFile: check } = shared;
  const lists = () => ({ env, home, files: settings().clusterFiles, folder: folders.config, check });
  return {
    source: () => createFileSource({ ...lists(), clock }),
    credential: fileCredentials({ env, home }),
    findings: () => fileFindings(lists()),
  };
}
