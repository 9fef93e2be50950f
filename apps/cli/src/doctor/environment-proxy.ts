import { isLoopbackHost } from '@gemini/http-streaming';
import type { Finding } from './finding.ts';

/** Whether a proxy of the environment stands before a URL. Pure. */
export function environmentProxy(url: URL, env: NodeJS.ProcessEnv): Finding {
  const base = { name: 'proxy', label: 'Environment proxy' } as const;
  const scheme = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const named = [scheme, scheme.toUpperCase()].find((name) => Boolean(env[name]));
  if (named === undefined) return { ...base, tone: 'good', finding: `none: ${scheme.toUpperCase()} is not set` };
  if (isLoopbackHost(url.hostname)) {
    return { ...base, tone: 'good', finding: `${named} is set, but loopback never goes through it` };
  }
  if (isExcluded(url, env['no_proxy'] || env['NO_PROXY'] || '')) {
    return { ...base, tone: 'good', finding: `${named} is set, but NO_PROXY leaves ${url.hostname} out` };
  }
  return {
    ...base,
    tone: 'unknown',
    finding: `every request goes through ${hostOf(env[named] ?? '')} (${named})`,
    cure: `To see the path without it: NO_PROXY=${url.hostname} gemini-stream doctor …`,
  };
}

/** Without its user name and password. */
function hostOf(proxy: string): string {
  return URL.canParse(proxy) ? new URL(proxy).host : 'an address that is no URL';
}

function isExcluded({ hostname, port, protocol }: URL, list: string): boolean {
  const at = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => entry.toLowerCase().replace(/^\*?\./, ''))
    .some((entry) => entry === '*' || [hostname, at].some((name) => name === entry || name.endsWith(`.${entry}`)));
}
