#!/usr/bin/env node
import { runCli } from './run-cli.js';

// Whoever started this with a channel is gone when the channel ends, and this goes as if it had been asked to.
if (process.connected) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Ends here whatever is still under way in the background, such as an exporter that waits for a receiver that is away.
process.exit(await runCli(process.argv));
