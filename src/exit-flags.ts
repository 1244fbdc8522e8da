// Imported before all else. When a process exits, Node waits for V8's background threads; one that compiles baseline code may wait
// for the main thread to collect garbage, and then the process never ends (nodejs/node#54918, #64274).
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-concurrent-sparkplug');
