// What this program uses of the package: its published types are those of Express.
declare module 'compression' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Options {
    /** Shorter answers stay as they are, in bytes. */
    readonly threshold: number;
    readonly filter: (request: IncomingMessage, response: ServerResponse) => boolean;
  }
  export default function compression(
    options: Options,
  ): (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
}
