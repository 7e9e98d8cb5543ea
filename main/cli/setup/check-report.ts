import type { SetupPreview } from '../../model/organisation-view.ts';
import type { Finding } from './findings.ts';
import type { Verdict } from './try-address.ts';

/** `unchecked`: there is a signature, and no key was given to check it with. */
export interface CheckedSignature {
  readonly state: 'signed' | 'refused' | 'unchecked' | 'unsigned';
  readonly key?: string;
  readonly message?: string;
  readonly fix?: string;
}

export interface CheckedAddress extends Verdict {
  readonly line: number;
  readonly column: number;
  readonly field: string;
  readonly url: string;
}

/** What `setup --check` prints with `--json`. */
export interface CheckReport {
  readonly source: string;
  /** True if nothing is wrong: the exit code is 0. */
  readonly ok: boolean;
  readonly name?: string;
  readonly revision?: number;
  readonly signature: CheckedSignature;
  readonly findings: readonly Finding[];
  /** The configuration of this computer, if it has one, and how the revisions follow each other. */
  readonly compared?: {
    readonly name: string;
    readonly place: string;
    readonly revision?: number;
    readonly order: 'newer' | 'same' | 'same-but-changed' | 'older' | 'other';
  };
  /** As a setup shows them; absent if the configuration cannot be read. */
  readonly fields?: SetupPreview['fields'];
  readonly settings?: SetupPreview['settings'];
  readonly remarks?: SetupPreview['remarks'];
  /** Every address that was tried. */
  readonly addresses: readonly CheckedAddress[];
}
