export { runBounded, type BoundedProgram, type ProgramEnd, type ProgramRun } from './run-bounded.js';
export { trainByCommand, type CommandTraining, type CommandTrainingResult } from './train-by-command.js';
export type { TrainerSpec } from './trainer-spec.js';
export { writeTrainingFile } from './write-training-file.js';
