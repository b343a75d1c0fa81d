export { compileLabel, LARGEST_REVISION, type Label, type LabelReading, type LabelRecord } from './compile-label.js';
export { judgeWait, retryDelayMs, type WaitPatience, type WaitingLabel, type WaitVerdict } from './judge-wait.js';
