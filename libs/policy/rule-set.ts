import type { RequestInfo } from '#model';
import type { Rule } from './access-rule.ts';
import type { FoundRules } from './found-rules.ts';
import type { Act } from './needed-acts.ts';
import { PathIndex } from './path-index.ts';
import { allowedPath, deniedPaths, segmentsOf } from './path-spellings.ts';
import type { Question } from './question.ts';
import { RegexIndex } from './regex-index.ts';
import { ResourceIndex } from './resource-index.ts';
import { UrlIndex } from './url-index.ts';

/** All rules of one subject on one cluster with one effect and one mode. */
export class RuleSet {
  #resources: ResourceIndex | undefined;
  #urls: UrlIndex | undefined;
  #paths: PathIndex | undefined;
  #regexes: RegexIndex | undefined;

  /** In steps, so that a rule of many words does not hold up the event loop. */
  *add(rank: number, rule: Rule): Generator<void, void> {
    if (rule.resources?.length) yield* (this.#resources ??= new ResourceIndex()).add(rank, rule);
    if (rule.nonResourceURLs?.length) (this.#urls ??= new UrlIndex()).add(rank, rule);
    if (rule.paths?.length) (this.#paths ??= new PathIndex()).add(rank, rule);
    if (rule.pathRegexes?.length) (this.#regexes ??= new RegexIndex()).add(rank, rule);
  }

  findAllow(question: Question, act: Act, found: FoundRules): void {
    const { request } = question;
    if (request.isResource) this.#resources?.findAllow(question, act.verb, found);
    else this.#urls?.find(request.path, act.verb, found);
    if (this.#paths === undefined && this.#regexes === undefined) return;
    const path = allowedPath(request);
    this.#paths?.findAllow(segmentsOf(path), act.method, question.literalSegment, found);
    // What must be spelled literally no expression spells.
    if (question.literalSegment < 0) this.#regexes?.findAllow(path, act.method, found);
  }

  findDeny(question: Question, act: Act, found: FoundRules): void {
    const { request } = question;
    if (request.isResource) this.#resources?.findDeny(question, act.verb, found);
    else this.#findDeniedUrl(request, act.verb, found);
    if (this.#paths === undefined && this.#regexes === undefined) return;
    for (const path of deniedPaths(request)) {
      this.#paths?.findDeny(segmentsOf(path), act.method, found);
      this.#regexes?.findDeny(path, act.method, found);
    }
  }

  /** `/logs/` reaches what `/logs` reaches. A HEAD is a GET. */
  #findDeniedUrl({ path, method }: RequestInfo, verb: string, found: FoundRules): void {
    if (this.#urls === undefined) return;
    const trimmed = path.replace(/\/+$/, '');
    for (const spelling of trimmed === path || trimmed === '' ? [path] : [path, trimmed]) {
      this.#urls.find(spelling, verb, found);
      if (method === 'HEAD') this.#urls.find(spelling, 'get', found);
    }
  }
}
