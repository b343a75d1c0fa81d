export type { AlertChange, AlertProgress, AlertStates, Evaluation } from './alert-change.js';
