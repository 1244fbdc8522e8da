// `session-gateway/testing`, for those who bring a backend of their own.
export { type BackendUnderTest, describeBackend } from './backend-contract.ts';
