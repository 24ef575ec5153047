import { installKeycloak, KEYCLOAK_VERSION } from '../../test/keycloak/install-keycloak.ts';
import { brokenLane, type Outcome } from './outcome.ts';

/** Installs Keycloak before any lane: with an empty cache that takes longer than a test's time-out. */
export async function prepareKeycloak(): Promise<Outcome> {
  try {
    await installKeycloak((line) => console.log(line));
    console.log(`Keycloak: ${KEYCLOAK_VERSION}`);
    return { name: 'Keycloak', passed: 0, failed: 0, problems: [] };
  } catch (error) {
    return brokenLane('Keycloak', error instanceof Error ? error.message : String(error));
  }
}
