import { describeCrashes } from './crashes.ts';

describeCrashes('staging');
