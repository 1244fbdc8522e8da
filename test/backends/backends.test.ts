import { describeBackend } from './backend-contract.ts';
import { BACKENDS } from './open-test-backend.ts';

for (const name of BACKENDS) describeBackend(name);
