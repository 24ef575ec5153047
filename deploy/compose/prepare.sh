#!/bin/sh
# Makes what docker-compose.yml mounts and reads, once, in deploy/compose/data/ (not tracked by git):
# random secrets, a certificate for Keycloak, and the manifests with both in them.
set -eu
cd "$(dirname "$0")"

if [ -f data/compose.env ]; then
  echo "deploy/compose/data is there already; delete it (and the volumes) for new secrets"
  exit 0
fi
umask 077
mkdir -p data/tls data/manifests

random() { openssl rand -hex 24; }
client_secret=$(random)
cat > data/compose.env.new <<END
DATABASE_PASSWORD=$(random)
KEYCLOAK_ADMIN_PASSWORD=$(random)
CLIENT_SECRET=$client_secret
ALICE_PASSWORD=$(random)
ROOT_PASSWORD=$(random)
ENCRYPTION_KEY=$(openssl rand -base64 32)
END

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
  -subj /CN=keycloak.localhost -addext subjectAltName=DNS:keycloak.localhost \
  -keyout data/tls/keycloak.key -out data/tls/keycloak.crt 2>/dev/null

cp manifests/people.yaml data/manifests/people.yaml
cat > data/manifests/issuer.yaml <<END
apiVersion: gatehouse.dev/v1alpha1
kind: Issuer
metadata:
  name: keycloak
spec:
  issuer:
    url: https://keycloak.localhost:8444/realms/gatehouse
    audiences: [gatehouse]
    certificateAuthority: |
$(sed 's/^/      /' data/tls/keycloak.crt)
  claimMappings:
    username: { claim: preferred_username, prefix: 'keycloak:' }
    groups: { claim: groups, prefix: 'keycloak:' }
    uid: { claim: sub }
  login:
    clientID: gatehouse
    clientSecret: $client_secret
    displayName: Keycloak
END

# The containers run as users of their own and read these through the mounts; here, data/ itself stays closed.
chmod 755 data/tls data/manifests
chmod 644 data/tls/keycloak.crt data/tls/keycloak.key data/manifests/issuer.yaml data/manifests/people.yaml
mv data/compose.env.new data/compose.env
echo "ready: docker compose --env-file deploy/compose/data/compose.env up --build"
