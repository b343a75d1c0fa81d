export { CHANNELS, CURRENCIES, type CardTransaction } from './card-transaction.js';
export { decisionOf, type Decision } from './decision.js';
export { EVENTS, SEED, workloadEvents, type Fault, type WorkloadEvent } from './events.js';
export { FEATURES, writeFeatures } from './features.js';
export { benchModel } from './model.js';
export { isValid, MAX_AHEAD_MS, MAX_AMOUNT, MAX_LATE_MS } from './rules.js';
export { EVENT_SCHEMA, PREDICTION_SCHEMA } from './schemas.js';
