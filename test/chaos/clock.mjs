// Loaded before the program: its clock is off by as many milliseconds as the file says that CLOCK_FILE names.
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offset = 0;
setInterval(() => {
  try {
    offset = Number(readFileSync(process.env.CLOCK_FILE, 'utf8'));
  } catch {
    offset = 0;
  }
}, 100).unref();

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offset);
    else super(...given);
  }

  static now() {
    return RealDate.now() + offset;
  }
};
