import { findSeenPeople, nameSeveral, type SeenPerson } from '#advice';
import { compileIssuers, type IssuerInput } from '#identity';
import type { Store } from '#store';
import { CliFailure } from './failure.ts';

/** The one person of the audit log whom a name means. @throws CliFailure where it means nobody or several. */
export async function findSeenPerson(store: Store, name: string, issuer: string | undefined): Promise<SeenPerson> {
  const { items } = await store.objects.list('Issuer');
  const inputs = items.map(({ spec, metadata }) => ({ ...(spec as Omit<IssuerInput, 'name'>), name: metadata.name }));
  const people = await findSeenPeople(
    { name, issuer },
    { audit: store.audit, issuers: compileIssuers(inputs), issuerNames: inputs.map((input) => input.name) },
  );
  const [only, ...others] = people;
  if (only === undefined) throw new CliFailure(`the audit log knows nobody called ${JSON.stringify(name)}`);
  if (others.length > 0) throw new CliFailure(nameSeveral(name, people));
  return only;
}
