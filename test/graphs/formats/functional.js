import { entrypoint, task } from '@langchain/langgraph';

const double = task('double', async (n) => n * 2);

export const graph = entrypoint('functional', async ({ n }) => double(n));
