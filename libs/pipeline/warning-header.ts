/**
 * A warning as Kubernetes sends it (`net.NewWarningHeader`, RFC 7234 section 5.5): code 299, no agent, quoted text. A
 * header is ASCII to most readers, so what is not is replaced: warnings are our own sentences.
 */
export function warningHeader(text: string): string {
  const ascii = text.replace(/[\u2018\u2019]/g, "'").replace(/[^\x20-\x7e]/g, '?');
  return `299 - "${ascii.replace(/["\\]/g, '\\$&')}"`;
}
