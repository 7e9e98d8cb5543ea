import { z } from 'zod';
import { kubeconfigSourceSchema } from '../model/kubeconfig-source.ts';

// Inputs that several operations of the contract have.

/** Names a cluster by id, title or name. */
export const clusterWord = z.string().min(1).max(512);

export const context = { place: kubeconfigSourceSchema.optional() };

/**
 * The user's answer to the question about production clusters. Without it, a call that needs one rejects with
 * `production-unconfirmed`. False connects the other clusters of a link or a set.
 */
export const production = z.boolean().optional();

/** Minutes after which a switched current context is restored to the previous one. */
export const minutes = z.int().min(1).max(1_440).optional();
