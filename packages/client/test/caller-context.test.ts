import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { type AsyncContext, inContexts } from '../src/answer/caller-context.ts';

it('a function runs inside all contexts, the first one outermost, and its result is returned', () => {
  const store = new AsyncLocalStorage<string>();
  const named =
    (name: string): AsyncContext =>
    (run) =>
      store.run(`${store.getStore() ?? ''}${name}`, run);
  expect(inContexts([named('a'), named('b')], () => store.getStore())).toBe('ab');
  expect(inContexts([], () => 1)).toBe(1);
});

it('a function runs once, whatever a context does', async () => {
  const twice: AsyncContext = (run) => {
    run();
    return run();
  };
  const never = (() => undefined) as AsyncContext;
  const fault = new Error('a broken context');
  const throwing: AsyncContext = () => {
    throw fault;
  };
  let runs = 0;
  const run = (): number => (runs += 1);
  expect(inContexts([twice], run)).toBe(1);
  expect(inContexts([never], run)).toBe(2);
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught = once(process, 'uncaughtException');
  expect(inContexts([throwing], run)).toBe(3);
  expect((await uncaught)[0]).toBe(fault);
  for (const listener of listeners) process.on('uncaughtException', listener);
});

it('the error of a function is thrown, and is not that of a context', () => {
  const fault = new Error('it failed');
  let runs = 0;
  const run = (): never => {
    runs += 1;
    throw fault;
  };
  const present: AsyncContext = (inner) => inner();
  expect(() => inContexts([present], run)).toThrow(fault);
  expect(runs).toBe(1);
});
