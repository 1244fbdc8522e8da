import { describeCrashes } from './crashes.ts';

describeCrashes('production');
