#!/usr/bin/env node
import * as nodeModule from 'node:module';

// Before anything is loaded, so that the next start finds the compiled code. Deno does not have it.
nodeModule.enableCompileCache?.();
await import('../dist/main.js');
