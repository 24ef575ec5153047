import { foldCase } from '#kube';
import type { RequestInfo } from '#model';
import type { Rule } from './access-rule.ts';
import type { FoundRules } from './found-rules.ts';
import { ImpersonationIndex } from './impersonation-index.ts';
import type { Act } from './needed-acts.ts';
import { PathIndex } from './path-index.ts';
import { allowedPath, deniedPaths, segmentsOf } from './path-spellings.ts';
import type { Question } from './question.ts';
import { RegexIndex } from './regex-index.ts';
import { ResourceIndex } from './resource-index.ts';
import { UrlIndex } from './url-index.ts';

/** All rules of one subject on one cluster with one effect and one mode. */
export class RuleSet {
  readonly #deny: boolean;
  #resources: ResourceIndex | undefined;
  #urls: UrlIndex | undefined;
  #paths: PathIndex | undefined;
  /** Of a Deny the same in folded case, for what stands behind a proxy. */
  #foldedPaths: PathIndex | undefined;
  #regexes: RegexIndex | undefined;
  #impersonation: ImpersonationIndex | undefined;

  constructor(effect: 'Allow' | 'Deny' | undefined) {
    this.#deny = effect === 'Deny';
  }

  /** In steps, so that a rule of many words does not hold up the event loop. */
  *add(rank: number, rule: Rule): Generator<void, void> {
    if (rule.resources?.length) yield* (this.#resources ??= new ResourceIndex(this.#deny)).add(rank, rule);
    if (rule.verbs?.includes('impersonate')) (this.#impersonation ??= new ImpersonationIndex()).add(rank, rule);
    if (rule.nonResourceURLs?.length) (this.#urls ??= new UrlIndex()).add(rank, rule);
    if (rule.paths?.length) {
      (this.#paths ??= new PathIndex()).add(rank, rule);
      if (this.#deny) (this.#foldedPaths ??= new PathIndex()).add(rank, { ...rule, paths: rule.paths.map(foldCase) });
    }
    if (rule.pathRegexes?.length) (this.#regexes ??= new RegexIndex(this.#deny)).add(rank, rule);
  }

  find(question: Question, act: Act, found: FoundRules): void {
    const { request } = question;
    if (request.isResource) this.#resources?.find(question, act.verb, found);
    else if (this.#deny) this.#urls?.findDeny(request, act.verb, found);
    else this.#urls?.find(request.path, act.verb, found);
    if (this.#paths === undefined && this.#regexes === undefined) return;
    if (this.#deny) this.#findDeniedPath(question, act.method, found);
    // A rule has to name the verb `proxy`, and a rule of paths names no verb.
    else if (!question.isVerbProxy) this.#findAllowedPath(question, act.method, found);
  }

  /** Whether one name may be acted as. Of an Allow only; a Deny is asked as about any other request. */
  findImpersonation(request: RequestInfo, found: FoundRules): void {
    this.#impersonation?.find(request, found);
  }

  #findAllowedPath({ request, literalSegment }: Question, method: string, found: FoundRules): void {
    const path = allowedPath(request);
    this.#paths?.findAllow(segmentsOf(path), method, literalSegment, found);
    // What must be spelled literally no expression spells.
    if (literalSegment < 0) this.#regexes?.findAllow(path, method, found);
  }

  /** Express, ASP.NET and IIS find a page in whatever case, so behind a proxy a Deny does too. */
  #findDeniedPath({ request }: Question, method: string, found: FoundRules): void {
    const isProxied = request.proxyTail !== '';
    const paths = deniedPaths(request);
    if (this.#paths !== undefined) {
      const spellings = isProxied ? new Set(paths.map(foldCase)) : paths;
      const index = isProxied ? this.#foldedPaths : this.#paths;
      for (const path of spellings) index?.findDeny(segmentsOf(path), method, found);
    }
    if (this.#regexes === undefined) return;
    for (const path of paths) this.#regexes.findDeny(path, method, isProxied, found);
  }
}
