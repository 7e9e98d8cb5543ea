import { z } from 'zod';

export const connectorKindSchema = z.enum(['builtin', 'cloudflared', 'direct']);
/** `builtin` runs in this process, `cloudflared` as a child process, `direct` without a tunnel. */
export type ConnectorKind = z.infer<typeof connectorKindSchema>;
