import { z } from 'zod';
import { cleanLine } from '../redaction.ts';
import type { Answer, ToolParts } from './tool.ts';

export const connectInput = {
  cluster: z.string().min(1).max(512).describe('The title or id of a cluster, as list_clusters shows it.'),
};

/** Opens a cluster for this client. Production waits for the user, and no argument can answer for them. */
export function connectTool({ clusters }: ToolParts): Answer<z.output<z.ZodObject<typeof connectInput>>> {
  return async ({ cluster: word }, signal) => {
    const opened = await clusters.connect(word, signal);
    if (opened.status === 'open') {
      const { cluster, namespace } = opened;
      return {
        cluster,
        what: 'connected',
        list: 'items',
        items: [{ status: 'open', access: 'read-only', namespace: cleanLine(namespace) }],
      };
    }
    const { title, production } = opened.cluster;
    return {
      what: opened.for === 'confirmation' ? 'waiting for confirmation' : 'waiting for the tunnel',
      list: 'items',
      items: [
        { status: 'waiting', cluster: cleanLine(title), ...(production === undefined ? {} : { production }) },
      ],
      missing: opened.for === 'confirmation' ? confirm : signIn,
    };
  };
}

const confirm =
  'The user has to allow this production cluster in k8s-tunnels: in its window or the menu of its tray icon. Without the desktop app, `k8s-tunnels serve` opens the window in a browser. Tell the user, then call connect again. Nothing that you send can confirm it.';
const signIn =
  'The tunnel is not up yet: the user may have to sign in, in a browser that has opened. Tell the user, then call connect again.';
