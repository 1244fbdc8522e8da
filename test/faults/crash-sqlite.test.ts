import { describeCrashes } from './crashes.ts';

describeCrashes('sqlite');
