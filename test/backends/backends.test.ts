import { describeBackend } from '../../src/testing/index.ts';
import { BACKENDS, openTestBackend } from './open-test-backend.ts';

for (const name of BACKENDS) describeBackend(name, () => openTestBackend(name));
