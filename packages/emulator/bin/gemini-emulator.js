#!/usr/bin/env node
try {
  // First, because older versions of Node cannot load the rest.
  await import('../dist/check-node.js');
} catch (error) {
  process.stderr.write(`gemini-emulator: ${error.message}\n`);
  process.exit(1);
}
await import('../dist/main.js');
