export { faultOptions, faultRounds, recordFault, type FaultRecord } from '#platform/testing';
