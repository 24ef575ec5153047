import { saveStoredToken } from '#clusters';
import type { Config } from '#config';
import type { IssuerSpec, MappingSpec, ResourceObject } from '#resources';
import type { Store } from '#store';
import { existingObject } from '../existing-object.ts';
import { CliFailure } from '../failure.ts';
import { readSecret } from '../read-secret.ts';
import { recordAct } from '../record-act.ts';
import { visible, type Terminal } from '../terminal.ts';
import { withCluster } from '../with-cluster.ts';

export interface SetOptions {
  readonly cluster: string;
  readonly issuer: string;
  readonly user?: string;
  readonly subject?: string;
  readonly tokenFile?: string;
}

/** Stores a person's token for a cluster, after the cluster has said whose it is. @throws CliFailure. */
export async function setUpstreamToken(
  terminal: Terminal,
  config: Config,
  store: Store,
  options: SetOptions,
): Promise<void> {
  const cluster = await existingObject(store, 'Cluster', options.cluster);
  const issuer = await existingObject(store, 'Issuer', options.issuer);
  const {
    issuer: { url: issuerUrl },
  } = issuer.spec as IssuerSpec;
  const person = await identify(store, issuer, issuerUrl, options);
  const { items: mappings } = await store.objects.list('Mapping');
  if (!mappings.some((mapping) => mayUseToken(mapping.spec as MappingSpec, options, person.username))) {
    terminal.say(
      `warning: no mapping with storedToken covers ${visible(person.username || person.subject)} on cluster "${options.cluster}"; the token will not be used`,
    );
  }
  const token = await readSecret(terminal, 'token', options.tokenFile);

  await withCluster(config, store, cluster, async (connection) => {
    const saved = await saveStoredToken(
      connection,
      { issuer: options.issuer, issuerUrl, ...person, token },
      store.storedTokens,
    );
    if (!saved.ok) throw new CliFailure(visible(saved.message));
    terminal.out(
      visible(
        `stored; cluster "${options.cluster}" knows this token as ${saved.user}${saved.groups.length > 0 ? ` (groups ${saved.groups.join(', ')})` : ''}`,
      ),
    );
  });
  await recordAct(
    store,
    {
      verb: 'update',
      resource: 'upstreamtokens',
      name: options.cluster,
      reason: `gatehouse upstream-token set for ${person.username || person.subject} (issuer ${options.issuer})`,
    },
    terminal.now(),
  );
}

/** A person is (issuer, subject), which outlives renames; a user name alone is enough only where it tells the subject. */
async function identify(
  store: Store,
  issuer: ResourceObject,
  issuerUrl: string,
  { user, subject }: SetOptions,
): Promise<{ subject: string; username: string }> {
  // A name that an expression makes tells nobody's subject.
  const { claim, prefix = '' } = (issuer.spec as IssuerSpec).claimMappings.username;
  if (subject !== undefined) return { subject, username: user ?? (claim === 'sub' ? prefix + subject : '') };
  const name = user as string;
  if (claim === 'sub' && name.startsWith(prefix) && name !== prefix)
    return { subject: name.slice(prefix.length), username: name };
  const before = (await store.storedTokens.list({ issuerUrl })).find((row) => row.username === name);
  if (before) return { subject: before.subject, username: name };
  throw new CliFailure(
    `give --subject as well: issuer "${issuer.metadata.name}" makes user names of ${claim === undefined ? 'an expression' : `the claim ${JSON.stringify(claim)}`}, which does not tell whose subject (\`sub\`) ${JSON.stringify(name)} is`,
  );
}

/** Groups are not known here, so a mapping for groups counts. */
function mayUseToken(
  { storedToken, subjects, clusters }: MappingSpec,
  { cluster, issuer }: SetOptions,
  username: string,
): boolean {
  if (!storedToken || !(clusters.includes(cluster) || clusters.includes('*'))) return false;
  return subjects.some(
    (subject) =>
      subject.issuer === issuer && (subject.user === undefined || username === '' || subject.user === username),
  );
}
