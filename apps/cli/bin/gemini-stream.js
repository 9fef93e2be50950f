#!/usr/bin/env node
import nodeModule from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
// Here, because older versions of Node cannot load the rest. A file of its own would cost each start a millisecond.
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `gemini-stream: @gemini/cli needs Node 22.19 or later, and this is Node ${process.versions.node}\n`,
  );
  process.exit(1);
}
// Before anything else is loaded, so that the next start finds the compiled code. Deno does not have it.
nodeModule.enableCompileCache?.();
await import('../dist/main.js');
