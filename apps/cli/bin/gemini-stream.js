#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything is loaded, so that the next start finds the compiled code.
enableCompileCache();
await import('../dist/main.js');
