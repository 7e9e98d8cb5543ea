import path from 'node:path';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { issueText } from '../../../model/schema-words.ts';
import {
  execSchema,
  type KubeconfigContext,
  readKubeconfigContext,
} from '../../cluster-fields/kubeconfig-context.ts';
import { oidcFields } from '../../cluster-fields/oidc.ts';
import type { Environment } from '../../parts.ts';
import { type Distrust, distrustReason, readBounded, readTrusted } from '../../storage/trusted-file.ts';
import { unreadable } from '../../storage/unreadable.ts';

const text = z.string('must be text').min(1, 'is empty');

/** How a user logs in to the cluster's API. The list holds no secret: it names where one is. */
const userSchema = z
  .strictObject({
    exec: z.strictObject(execSchema.shape).optional(),
    'token-file': text.optional(),
    'client-certificate': text.optional(),
    'client-key': text.optional(),
    kubeconfig: z.strictObject({ file: text, context: text.optional() }).optional(),
    ...oidcFields,
    'oidc-issuer-url': oidcFields['oidc-issuer-url'].optional(),
    'oidc-client-id': oidcFields['oidc-client-id'].optional(),
  })
  .refine(
    (user) =>
      [
        user.exec,
        user['token-file'],
        user['client-certificate'],
        user.kubeconfig,
        user['oidc-issuer-url'],
      ].filter((way) => way !== undefined).length === 1,
    'needs one of exec, token-file, client-certificate (with client-key), oidc-issuer-url (with oidc-client-id) or kubeconfig',
  )
  .refine(
    (user) => (user['oidc-issuer-url'] === undefined) === (user['oidc-client-id'] === undefined),
    'needs oidc-issuer-url and oidc-client-id together',
  )
  .refine(
    (user) => (user['client-certificate'] === undefined) === (user['client-key'] === undefined),
    'needs client-certificate and client-key together',
  );

const entrySchema = z
  .strictObject({
    name: text,
    server: z
      .url({ protocol: /^https$/, error: 'must be an https:// address' })
      .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'must hold no user name')
      .optional(),
    'certificate-authority': text.optional(),
    'certificate-authority-data': text.optional(),
    /** The names of `k8s-tunnels-…` tags without the prefix. */
    tags: z.record(z.string(), z.string('must be text: put it in quotes')).default({}),
    user: userSchema.optional(),
  })
  .refine(({ server, user }) => server !== undefined || user?.kubeconfig !== undefined, {
    path: ['server'],
    message: 'is missing',
  });
const listSchema = z.array(entrySchema, 'must be a list of clusters');

/** An entry of a cluster list. */
export type FileCluster = z.infer<typeof entrySchema>;

/** What is needed to check a file's owner. */
export interface FileParts {
  readonly env: Environment;
  readonly home: string;
}

/**
 * Reads a cluster list. Returns its clusters, and why their users must not be used if another account can change the
 * list. Rejects with `file-unreadable`, or `file-invalid` with the line and the field.
 */
export async function readClusterFile(
  file: string,
  parts: FileParts,
): Promise<{ readonly clusters: readonly FileCluster[]; readonly distrust: Distrust | undefined }> {
  const { text: content, distrust } = await readTrusted(file, parts).catch((cause: unknown) => {
    throw readFailure(file, cause);
  });
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const [broken] = document.errors;
  if (broken !== undefined) {
    const isSecond = broken.code === 'MULTIPLE_DOCS';
    const message = isSecond ? 'starts a second document; a list must be one document' : 'is not valid YAML';
    throw invalid(file, lineAt(broken.pos[0]), message);
  }
  const parsed = listSchema.safeParse(contentOf(document, file) ?? []);
  const lineOf = (place: readonly PropertyKey[]): number => {
    // For a missing field, use the line of its parent.
    for (let length = place.length; length >= 0; length -= 1) {
      const node = document.getIn(place.slice(0, length), true);
      if (!isNode(node) || !node.range) continue;
      return lineAt(node.range[0]);
    }
    return 1;
  };
  const issue = parsed.error?.issues[0];
  if (issue !== undefined) {
    const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const place = unknown === undefined ? issue.path : [...issue.path, unknown];
    const message = unknown === undefined ? issueText(issue) : 'is not a known field';
    throw invalid(file, unknown === undefined ? lineOf(place) : keyLine(issue.path, unknown), message, place);
  }
  function keyLine(parent: readonly PropertyKey[], key: string): number {
    const map = parent.length === 0 ? document.contents : document.getIn(parent, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    return isScalar(pair?.key) && pair.key.range ? lineAt(pair.key.range[0]) : lineOf(parent);
  }
  const clusters = parsed.data ?? [];
  const twice = clusters.findIndex(({ name }, at) => clusters.findIndex((one) => one.name === name) < at);
  if (twice >= 0)
    throw invalid(file, lineOf([twice, 'name']), 'is the name of two clusters', [twice, 'name']);
  return { clusters, distrust };
}

/** Returns whether a user entry leads to a program to run or a file to read. */
export function needsTrust(user: FileCluster['user']): boolean {
  return (
    user !== undefined &&
    [user.exec, user['token-file'], user['client-certificate'], user.kubeconfig].some(
      (way) => way !== undefined,
    )
  );
}

/**
 * Returns the error for a user entry that is not used because of what it would run or send: `title` names the cluster
 * and its list.
 */
export function distrusted(title: string, distrust: Distrust): AppError {
  return new AppError('credential-failed', `The user of ${title} is not used, ${distrustReason(distrust)}.`, {
    hint: `${distrust.fix}, then try again.`,
  });
}

/** The parser stops where aliases would make a small file huge. */
function contentOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw invalid(file, 1, 'repeats itself by aliases too often');
  }
}

/** Resolves a path in a list: `~/` is the home folder, relative paths start at the list's folder. */
export function pathIn(folder: string, home: string, text: string): string {
  return path.resolve(
    folder,
    text.replace(/^~(?=[\\/]|$)/, () => home),
  );
}

/**
 * Reads the kubeconfig context of a cluster's user, with the distrust of its file as in `readClusterFile`. Rejects with
 * `file-unreadable` or `file-invalid`.
 */
export async function readContextOf(
  file: string,
  name: string | undefined,
  parts: FileParts,
): Promise<KubeconfigContext & { readonly distrust: Distrust | undefined }> {
  const { text: content, distrust } = await readTrusted(file, parts).catch((cause: unknown) => {
    throw readFailure(file, cause);
  });
  const context = readKubeconfigContext(content, name);
  if (context !== undefined) return { ...context, distrust };
  throw new AppError(
    'file-invalid',
    `${file} is not a valid kubeconfig with ${name === undefined ? 'a current context' : `a context ${name}`}.`,
    { hint: 'Correct the file, or name another context.' },
  );
}

/** Rejects with `file-unreadable` or `file-invalid`. */
export async function readText(file: string): Promise<string> {
  const { text: content } = await readBounded(file).catch((cause: unknown) => {
    throw readFailure(file, cause);
  });
  return content;
}

function readFailure(file: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return unreadable(file, cause, { hint: 'Check that the file is there and that you may read it.' });
}

function invalid(file: string, line: number, message: string, place: readonly PropertyKey[] = []): AppError {
  const field = place
    .map(String)
    .join('.')
    .replace(/^(\d+)\.?/, '');
  const what = field === '' ? '' : `${field} `;
  return new AppError('file-invalid', `${file}, line ${line}: ${what}${message}.`, {
    hint: 'Correct it and discover again; an example is in resources/examples/clusters.yaml.',
  });
}
