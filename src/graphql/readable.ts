import { GatewayError } from '../errors.ts';

/**
 * What was read of a state, or `otherwise` where its graph cannot read it: one such state must not take a whole list, page
 * or feed with it. Its `values` tell why.
 */
export async function readable<Read>(reading: Promise<Read>, otherwise: Read): Promise<Read> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'GRAPH_ERROR') return otherwise;
    throw error;
  }
}
