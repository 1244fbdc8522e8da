// What the package exports.
export { type Config, readConfig } from './config.ts';
export { type ErrorCode, GatewayError } from './errors.ts';
export { type Gateway, createGateway } from './gateway.ts';
