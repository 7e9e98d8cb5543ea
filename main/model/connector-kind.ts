import { z } from 'zod';

export const connectorKindSchema = z.enum(['builtin', 'cloudflared', 'direct']);
/** In this process, by a cloudflared beside it, or with no tunnel at all. */
export type ConnectorKind = z.infer<typeof connectorKindSchema>;
