const openings =
  /^(?:please|could you|can you|would you|hey|ok(?:ay)?|so|now|i want you to|explain|describe|summari[sz]e|discuss|define|compare|tell me|write|compose|give me|show me|list|teach me|what(?:'s| is| are| was| were| do| does)?|why(?: is| are| do| does| did)?|how(?: do| does| did| can| to| is| are)?|who(?: is| was)?|when|where|about|a|an|the|me|us|some|short|long|brief|detailed|story|essay|poem|paragraph|text|article|haiku|summary|list|overview|of|on|in detail|you|i|we)[\s,:]+/iu;

/** What a prompt is about, in at most eight words; `'this'` when nothing is left. */
export function topicOf(prompt: string): string {
  let rest = prompt.replaceAll(/\s+/gu, ' ').trim();
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(openings, '');
  }
  const [sentence = ''] = rest.split(/[.?!\n;]/u);
  const words = sentence.trim().split(' ').filter(Boolean).slice(0, 8);
  return words.length === 0 ? 'this' : words.join(' ');
}
