export { drop, emit, quarantine, type Outcome, type OutboundMessage } from './outcome.js';
export { Retriable, type RetriableCode } from './errors.js';
