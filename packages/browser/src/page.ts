/** The page around a stream, as far as it has one: on a server and in a worker parts of it are missing. */
interface PageGlobals extends Partial<PageTarget> {
  readonly document?: (PageTarget & { readonly visibilityState: string }) | undefined;
  readonly navigator?: { readonly onLine?: boolean | undefined } | undefined;
}

interface PageTarget {
  addEventListener(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
  removeEventListener(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
}

const globals: PageGlobals = globalThis as PageGlobals;

/** Whether the page may have a network: only a clear no counts. */
export function isOnline(): boolean {
  return globals.navigator?.onLine !== false;
}

/**
 * Calls back when a page may get a connection again, or may have lost one while its timers slept. `isNewNetwork`: the
 * connections from before are no longer to be trusted. Returns the function that ends it.
 */
export function watchPage(onWake: (isNewNetwork: boolean) => void): () => void {
  const { document } = globals;
  const onNetwork = (): void => onWake(true);
  const onShow = ({ persisted }: { readonly persisted?: boolean }): void => onWake(persisted === true);
  const onVisible = (): void => {
    if (document?.visibilityState === 'visible') onWake(false);
  };
  globals.addEventListener?.('online', onNetwork);
  globals.addEventListener?.('pageshow', onShow);
  document?.addEventListener('visibilitychange', onVisible);
  return () => {
    globals.removeEventListener?.('online', onNetwork);
    globals.removeEventListener?.('pageshow', onShow);
    document?.removeEventListener('visibilitychange', onVisible);
  };
}
