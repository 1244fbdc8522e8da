// `session-gateway/backend`: what a backend implements, and parts that it may use. `session-gateway/testing` tests it.
export { GatewayError, superseded } from './errors.ts';
export type * from './session/ports.ts';
export { bytesOf } from './session/ports.ts';
export type * from './session/page.ts';
export type * from './session/progress.ts';
export type * from './session/run.ts';
export type * from './session/session.ts';
export { isActive } from './session/run.ts';
export { isSettled } from './session/session.ts';
export { createSavers } from './backends/fenced-saver.ts';
export type * from './backends/saver-storage.ts';
export type { CheckpointStep, Step, WritesStep } from './backends/step-order.ts';
export { serializer } from './backends/serializer.ts';
export { StoreClock } from './backends/store-clock.ts';
export { createLocalRateLimiter } from './backends/embedded/local-rate-limiter.ts';
export { LocalRunQueue } from './backends/embedded/local-run-queue.ts';
export { openMemoryBackend } from './backends/memory/index.ts';
export { LocalBus } from './progress/local-bus.ts';
