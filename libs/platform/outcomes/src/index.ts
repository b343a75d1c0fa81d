export {
  drop,
  emit,
  quarantine,
  type Outcome,
  type OriginalRecord,
  type OutboundMessage,
  type Quarantined,
} from './outcome.js';
export { Retriable, type RetriableCode } from './errors.js';
