import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import type { Sample } from './read-metrics.ts';

/** What a page exposes: by metric, its labels with the values that they have. */
export type Exposed = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** Added by whoever scrapes. */
const OF_PROMETHEUS = new Set(['job', 'instance', '__name__']);
/** Labels whose values are ours to say; those of the others come from what happens. */
const CLOSED = new Set(['protocol', 'kind', 'outcome']);

export function exposedBy(samples: readonly Sample[]): Exposed {
  const metrics = new Map<string, Map<string, Set<string>>>();
  for (const { name, labels } of samples) {
    let known = metrics.get(name);
    if (!known) metrics.set(name, (known = new Map()));
    for (const [label, value] of Object.entries(labels)) {
      const values = known.get(label) ?? new Set();
      known.set(label, values.add(value));
    }
  }
  return metrics;
}

/**
 * What is wrong with an expression, beside what is exposed: syntax, metrics and labels that do not exist.
 * Grafana's variables are put in as they would be.
 *
 * @param reasons what the label `reason` may say.
 */
export function findPromqlProblems(expression: string, exposed: Exposed, reasons: ReadonlySet<string>): string[] {
  const text = expression.replaceAll('$__rate_interval', '5m').replaceAll('$cluster', '.*');
  const problems: string[] = [];
  const of = (node: SyntaxNode): string => text.slice(node.from, node.to);
  const selectorsBelow = (node: SyntaxNode): SyntaxNode[] => {
    const found: SyntaxNode[] = [];
    node.cursor().iterate((inner) => {
      if (inner.name === 'VectorSelector') found.push(inner.node);
    });
    return found;
  };
  const metricOf = (selector: SyntaxNode): string => {
    const name = selector.getChild('Identifier');
    return name ? of(name) : '';
  };

  parser.parse(text).iterate({
    enter({ node, type }) {
      if (type.isError) problems.push(`syntax at ${node.from}: ${text.slice(Math.max(0, node.from - 20), node.from)}`);
      if (type.name === 'VectorSelector' && !exposed.has(metricOf(node)))
        problems.push(`no metric ${metricOf(node) || of(node)}`);
      if (type.name === 'UnquotedLabelMatcher') problems.push(...findMatcherProblems(node));
      if (type.name === 'AggregateModifier') {
        for (const label of labelsIn(node))
          for (const selector of selectorsBelow(node.parent as SyntaxNode))
            if (!hasLabel(metricOf(selector), label)) problems.push(`no label ${label} on ${metricOf(selector)}`);
      }
    },
  });
  return problems;

  function hasLabel(metric: string, label: string): boolean {
    return OF_PROMETHEUS.has(label) || (exposed.get(metric)?.has(label) ?? false);
  }

  function labelsIn(modifier: SyntaxNode): string[] {
    return modifier.getChildren('GroupingLabels').flatMap((group) => group.getChildren('LabelName').map(of));
  }

  function findMatcherProblems(matcher: SyntaxNode): string[] {
    const [name, literal] = [matcher.getChild('LabelName'), matcher.getChild('StringLiteral')];
    const selector = matcher.parent?.parent;
    if (!name || !literal || !selector) return [];
    const label = of(name);
    const metric = metricOf(selector);
    if (!hasLabel(metric, label)) return [`no label ${label} on ${metric}`];
    const values = of(literal).slice(1, -1).split('|');
    const known = label === 'reason' ? reasons : CLOSED.has(label) ? exposed.get(metric)?.get(label) : undefined;
    return known ? values.filter((value) => !known.has(value)).map((value) => `no ${label} "${value}"`) : [];
  }
}
