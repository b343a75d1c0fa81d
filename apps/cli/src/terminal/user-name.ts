import { userInfo } from 'node:os';

/** Who runs the command, for the records of what was applied and promoted. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // containers may run under a user id without a name
  }
}
