import type { ReactNode } from 'react';
import { showLines, showText } from '../show-text.ts';
import type { AccessReview } from '../types.ts';

type Status = AccessReview['status'];

const REFUSED_BY: Readonly<Record<string, string>> = {
  bytes: 'the target is not accepted',
  cluster: 'there is no such cluster',
  mapping: 'the mappings',
  rules: 'the access rules',
  rbac: 'the cluster’s own RBAC',
};

/** The way of a request, in the order in which it meets what decides. */
export function Explanation({ status }: { status: Status }) {
  const { person, known, reads, refusal, mapping, otherMappings, unjudgedMappings, rules, rulesForOthers } = status;
  const { decision, headers, rbac, allowed, refusedBy } = status;
  return (
    <section aria-label="Explanation">
      <h2>{allowed ? 'Allowed' : `Denied: ${REFUSED_BY[refusedBy ?? ''] ?? 'refused'}`}</h2>
      <dl className="way">
        <Step title="Person">
          {showText(person.user)} (issuer {showText(person.issuer)}); {known && showText(known)}
          <br />
          {person.groups.length > 0 ? `groups ${person.groups.map(showText).join(', ')}` : 'no groups'}
        </Step>
        <Step title="Reads as">
          {refusal === undefined ? showText(`${reads ?? ''} on ${status.cluster}`) : showText(refusal)}
        </Step>
        {mapping && (
          <Step title="Mapping">
            {'refused' in mapping
              ? showText(mapping.refused)
              : showText(
                  `${mapping.name}: ${mapping.mode} as ${mapping.user}${mapping.groups.length > 0 ? `, groups ${mapping.groups.join(', ')}` : ''}`,
                )}
            {otherMappings.map(({ name, by }) => (
              <div key={name}>{showText(`not ${name}, which is by ${by}`)}</div>
            ))}
            {unjudgedMappings.map(({ mapping: name, problem }) => (
              <div key={name}>{showText(`not ${name}, whose expression cannot be judged: ${problem}`)}</div>
            ))}
          </Step>
        )}
        <Step title="Rules">
          {rules.length > 0 && (
            <table aria-label="Rules">
              <thead>
                <tr>
                  <th scope="col">Rule</th>
                  <th scope="col">Effect</th>
                  <th scope="col">Fits?</th>
                </tr>
              </thead>
              <tbody>
                {rules.map(({ rule, effect, mode, matched, decides, why }) => (
                  <tr key={rule}>
                    <th scope="row" data-label="Rule">
                      {showText(rule)}
                    </th>
                    <td data-label="Effect">{mode === 'Report' ? `${effect} (Report)` : effect}</td>
                    <td data-label="Fits?">
                      {matched ? (decides ? 'yes, and decides' : 'yes') : `no: ${showText(why ?? '')}`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {rulesForOthers > 0 && <p className="quiet">{rulesForOthers} more are for other people or clusters.</p>}
        </Step>
        {decision && (
          <Step title="Decision">
            <span className="lines">{showLines(decision.reason)}</span>
          </Step>
        )}
        {headers && (
          <Step title="Sent">
            <pre>{headers.map(([name, value]) => showText(`${name}: ${value}`)).join('\n')}</pre>
          </Step>
        )}
        {rbac.map(({ verb, allowed: given, says }) => (
          <Step key={verb} title={`RBAC, ${showText(verb)}`}>
            {given === undefined ? showText(says) : showText(`${given ? 'allowed' : 'denied'} ${says}`)}
          </Step>
        ))}
      </dl>
    </section>
  );
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </>
  );
}
