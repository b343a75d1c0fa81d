export type { AlertChange, AlertProgress, AlertStates, Evaluation } from './alert-change.js';
export { acknowledgementOf, silenceOf, type Acknowledgement, type Silence } from './alert-controls.js';
export { alertIdOf, alertStateKeyOf } from './alert-keys.js';
export { foldAlerts, unmeasured, type AlertFold } from './fold-alerts.js';
export { retireMonitors } from './retire-monitors.js';
