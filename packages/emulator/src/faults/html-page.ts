import { type Reply, writeText } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** What a captive portal or a gateway says for the API. */
export const htmlPage = defineFault({
  description: 'Somebody else answers, with a web page.',
  replacesAnswer: true,
  defaults: { status: 200, title: 'Sign in to the network' },
  reply: (_reply, { status, title }): Reply => ({
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: [
      writeText(
        `<!doctype html>\n<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1></body>\n</html>\n`,
      ),
    ],
  }),
});
