// What the package exports.
export { type Config, readConfig } from './config.ts';
export { type ErrorCode, GatewayError } from './errors.ts';
export { type Gateway, type GatewayOptions, createGateway } from './gateway.ts';
export type { Authenticate } from './server/authentication.ts';
export type { Credentials } from './server/credentials.ts';
export type { User } from './session/ports.ts';
