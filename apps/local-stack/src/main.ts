import { fail, runLocalStack } from './run-local-stack.js';

runLocalStack(process.argv.slice(2)).catch(fail);
