declare module 'undici/lib/util/timers.js' {
  const timers: {
    reset(): void;
    setFastTimeout(callback: () => void, delayMs: number): unknown;
  };
  export default timers;
}
