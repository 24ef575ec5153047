/**
 * kubectl's exec plugin with nothing to install: a POSIX shell and curl, device flow, the token in a file of the user's
 * cache (0600). It stands in the kubeconfig whole; arguments are the gateway's address and, where needed, the PEM that
 * its certificate is signed by. Secrets reach curl by standard input, since arguments stand in the process list. No `${`
 * and no backtick, so that it can stand here.
 */
export const SHELL_PLUGIN = String.raw`# Logs kubectl in to a Gatehouse; needs curl. Forget the login: rm ~/.cache/gatehouse/shell-*
set -f
umask 077
server=$1
ca=$2
token=
fail() {
  printf 'gatehouse: %s\n' "$1" >&2
  exit 1
}
command -v curl >/dev/null || fail 'curl is needed'
folder=$XDG_CACHE_HOME
[ -n "$folder" ] || folder=$HOME/.cache
folder=$folder/gatehouse
mkdir -p "$folder" || fail "$folder cannot be made"
file=$folder/shell-$(printf %s "$server" | cksum | tr -c '0-9' -)
call() {
  if [ -n "$ca" ]; then
    curl -sS -m 30 --cacert "$file.ca" --config - "$@"
  else
    curl -sS -m 30 --config - "$@"
  fi
}
text() {
  printf %s "$answer" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'
}
if [ -n "$ca" ]; then
  printf '%s\n' "$ca" >"$file.$$" && mv "$file.$$" "$file.ca"
fi
if [ -f "$file" ]; then
  { read -r token; read -r ends; } <"$file"
  # A token that was revoked is asked for again; while the gateway cannot be reached kubectl says so itself.
  code=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
    call -o /dev/null -w '%{http_code}' "$server/-/me" 2>/dev/null)
  [ "$code" != 401 ] || token=
fi
if [ -z "$token" ]; then
  name=$(printf %s "$(id -un)@$(uname -n)" | tr -cd 'A-Za-z0-9.@_-')
  answer=$(printf 'data = "client_id=kubectl-shell"\ndata = "client_name=%s"\n' "$name" |
    call "$server/-/auth/device") || fail "$server cannot be reached"
  device=$(text device_code)
  [ -n "$device" ] || fail "no login: $answer"
  printf 'To log in, open %s\nand type the code %s\n' "$(text verification_uri)" "$(text user_code)" >&2
  wait=$(printf %s "$answer" | sed -n 's/.*"interval":\([0-9]*\).*/\1/p')
  tries=200
  while [ -z "$token" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail 'nobody typed the code in time; try again'
    sleep "$wait"
    answer=$(printf 'data = "grant_type=%s"\ndata = "client_id=kubectl-shell"\ndata = "device_code=%s"\n' \
      urn:ietf:params:oauth:grant-type:device_code "$device" | call "$server/-/auth/token" 2>/dev/null)
    token=$(text access_token)
    ends=$(text expires_at)
    case $(text error) in
      '' | authorization_pending) ;;
      slow_down) wait=$((wait + 5)) ;;
      *) fail "$(text error_description)" ;;
    esac
  done
  printf '%s\n%s\n' "$token" "$ends" >"$file.$$" && mv "$file.$$" "$file"
fi
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
printf '"status":{"token":"%s","expirationTimestamp":"%s"}}\n' "$token" "$ends"
`;
