#!/usr/bin/env node
import nodeModule from 'node:module';

try {
  // First, because older versions of Node cannot load the rest.
  await import('../dist/check-node.js');
} catch (error) {
  process.stderr.write(`gemini-stream: ${error.message}\n`);
  process.exit(1);
}
// Before anything else is loaded, so that the next start finds the compiled code. Deno does not have it.
nodeModule.enableCompileCache?.();
await import('../dist/main.js');
