#!/usr/bin/env -S node --disable-warning=TimeoutNegativeWarning
import { runCli } from './run-cli.js';

// Ends here whatever is still under way in the background, such as an exporter that waits for a receiver that is away.
process.exit(await runCli(process.argv));
