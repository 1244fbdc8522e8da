import { invalidInput } from '../errors.ts';
import { checkText } from './json-input.ts';

/** In UTF-16 code units, as JavaScript counts. */
const LONGEST_USER_ID = 255;

/** @throws GatewayError INVALID_INPUT for what can be no user's id */
export function checkUserId(id: string): string {
  if (id.trim() === '' || id.length > LONGEST_USER_ID)
    throw invalidInput(`A user's id has 1 to ${LONGEST_USER_ID} characters.`);
  checkText('user', id);
  return id;
}
