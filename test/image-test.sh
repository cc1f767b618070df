#!/usr/bin/env bash
# image-test.sh: builds the image and runs it hardened as compose.yaml does, between a lab network with an instrument and an
# egress network with a vendor; drives the main job through it, and looks at the container from outside.
#
# Needs root and podman with runc (or Docker with a running daemon), and debootstrap where the base image cannot be pulled.
# Internal bridge networks stand in for the lab's network card.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/node_modules/.bin:$PATH

base=node:24-bookworm-slim
lab=10.77.1 egress=10.77.2 id=sluice-test-$$
work=$(mktemp -d)
engine=${ENGINE:-$(command -v podman >/dev/null && echo podman || echo docker)}
command -v "$engine" >/dev/null || { echo 'image-test: needs podman or Docker' >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo 'image-test: has to be run as root' >&2; exit 1; }

say()  { printf '%4ds  %s\n' $SECONDS "$*"; }
fail() { echo "FAIL: $*" >&2; "$engine" logs "$id-app" >&2 2>/dev/null || true; exit 1; }
pid()  { "$engine" inspect --format '{{.State.Pid}}' "$1"; }
now()  { date +%s%3N; }
expect() { [ "$2" = "$3" ] || fail "$1: expected \"$3\", got \"$2\""; say "$1: $2"; }
cleanup() {
  set +e
  for container in "$id-app" "$id-instrument" "$id-vendor"; do "$engine" kill "$container"; "$engine" rm --force --volumes "$container"; done
  for network in "$id-lab" "$id-egress"; do "$engine" network rm "$network"; done
  "$engine" rmi "$id"
  rm -rf "${work:?}"
} &>/dev/null
trap cleanup EXIT

# podman inside another container: crun refuses its cgroups, and no limit can be raised there.
if [ "$engine" = podman ]; then
  printf '%s\n' '[containers]' 'default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]' '[engine]' 'runtime = "runc"' >"$work/containers.conf"
  export CONTAINERS_CONF=$work/containers.conf
fi

# --- build
if ! "$engine" image inspect "docker.io/library/$base" &>/dev/null && ! "$engine" pull --quiet "docker.io/library/$base" &>/dev/null; then
  test/image/stand-in-base.sh "docker.io/library/$base"
  say "no registry: made a stand-in for $base"
fi
build=()
# A build behind a proxy of its own authority has to trust that; the image does not.
if [ "$engine" = podman ] && [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
  echo 'cafile=/etc/ssl/certs/ca-certificates.crt' >"$work/npmrc"
  build=(--format docker --volume "$NODE_EXTRA_CA_CERTS:/etc/ssl/certs/ca-certificates.crt:ro" --volume "$work/npmrc:/usr/local/etc/npmrc:ro")
fi
"$engine" build "${build[@]}" --build-arg REVISION=tried --build-arg CREATED=2026-11-24T00:00:00Z --tag "$id" . >"$work/build" 2>&1 || { tail -30 "$work/build"; fail 'build'; }
size=$("$engine" image inspect --format '{{.Size}}' "$id") under=$("$engine" image inspect --format '{{.Size}}' "docker.io/library/$base")
say "image: $((size / 1000000)) MB, of which the base image $((under / 1000000)) MB"
label() { "$engine" image inspect --format "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" "$id"; }
expect 'labels' "$(label title) $(label version) $(label revision) $(label created) $(label base.name)" \
  "sluice $(node -p 'require("./package.json").version') tried 2026-11-24T00:00:00Z docker.io/library/$base"
"$engine" run --rm --entrypoint cat "$id" /app/sbom.cdx.json >"$work/sbom"
expect 'bill of materials' "$(node -e 'const { bomFormat, metadata, components } = JSON.parse(require("fs").readFileSync(process.argv[1]))
  const names = new Set(components.map(({ name }) => name))
  console.log(bomFormat, metadata.component.purl, ["better-sqlite3", "node-forge"].every(name => names.has(name)), names.has("tap"))' "$work/sbom")" \
  "CycloneDX pkg:npm/sluice@$(node -p 'require("./package.json").version') true false"

# --- the two networks, with an instrument on one and a vendor on the other
"$engine" network create --internal --subnet $lab.0/24 "$id-lab" >/dev/null
"$engine" network create --subnet $egress.0/24 "$id-egress" >/dev/null
mkdir "$work/vendor" && install -d -m 0700 -o 1000 -g 1000 "$work/data" "$work/policy"
"$engine" run --detach --name "$id-vendor" --network "$id-egress" --ip $egress.30 --volume "$PWD:/src:ro" --volume "$work/vendor:/out" \
  "docker.io/library/$base" node /src/test/image/vendor.ts vendor.test /out >/dev/null
for _ in {1..50}; do [ -s "$work/vendor/vendor-ca.pem" ] && break; sleep 0.2; done

# --- set up once, as docs/deployment.md says
node test/image/run-options.ts >"$work/options"
mapfile -t hardened <"$work/options"
# With a limit of its own on the command line podman forgets those of its configuration.
[ "$engine" = docker ] || hardened+=(--ulimit=nproc=4096:4096)
once=("${hardened[@]}" --rm --network none --volume "$work/data:/data" --volume "$work/policy:/policy")
"$engine" run "${once[@]}" "$id" init --policy /policy/policy.yaml --listen $lab.10:8443 --name sluice.test --instrument novaseq-01=$lab.20 --destination vendor.test >"$work/init"
install -m 0644 "$work/vendor/vendor-ca.pem" "$work/policy/vendor-ca.pem"
sed -i "s|^\( *\)host: vendor.test|&\n\1addresses: [$egress.30]\n\1ca: vendor-ca.pem|" "$work/policy/policy.yaml"
"$engine" run "${once[@]}" "$id" rules check >"$work/check" || { cat "$work/check"; fail 'the policy'; }
expect 'private key of the authority' "$(stat -c '%a %u' "$work/data/ca/authority.key")" '600 1000'

# --- the instrument, which trusts the authority
"$engine" run --detach --name "$id-instrument" --network "$id-lab" --ip $lab.20 --volume "$PWD:/src:ro" --volume "$work:/given:ro" \
  --env NODE_EXTRA_CA_CERTS=/given/data/ca/authority.pem "docker.io/library/$base" sleep infinity >/dev/null 2>&1
sample=$(find rules/packs/illumina-proactive/samples/run-status -name '*.json' | sort | head -1)
echo '{"note":"ACGTTGCAACGTGCAT"}' >"$work/leak.json"
post() { "$engine" exec "$id-instrument" node /src/test/image/instrument.ts https://$lab.10:8443 "$1"; }
sluice() { "$engine" exec "$id-app" sluice "$@"; }

# --- start
"$engine" create --name "$id-app" --network "$id-lab" --ip $lab.10 "${hardened[@]}" --volume "$work/data:/data" --volume "$work/policy:/policy:ro" "$id" serve --listen $lab.10:8443 >/dev/null
"$engine" network connect --ip $egress.10 "$id-egress" "$id-app"
began=$(now)
"$engine" start "$id-app" >/dev/null
until "$engine" logs "$id-app" 2>/dev/null | grep -q '"kind":"ready"'; do
  [ "$("$engine" inspect --format '{{.State.Running}}' "$id-app")" = true ] || { "$engine" logs "$id-app" >&2; fail 'the appliance ended'; }
  [ $(($(now) - began)) -lt 20000 ] || fail 'the appliance is not ready after 20 s'
  sleep 0.05
done
say "ready $(($(now) - began)) ms after the start of the container"

# --- the main job
sluice status --health || fail 'its health over the control socket'
expect 'telemetry' "$(post "/src/$sample")" '200 passed'
expect 'a read inside it' "$(post /given/leak.json)" '403 sensitive-content'
reached=$("$engine" logs "$id-vendor" 2>/dev/null)
expect 'requests that reached the vendor' "$(grep -c . <<<"$reached")" 1
expect 'decisions' "$(sluice log list --json | grep -o '"verdict":"[a-z]*"' | sort | xargs)" 'verdict:block verdict:forward'
blocked=$(sluice blocked list --json | sed 's/.*"decision":"\([^"]*\)".*/\1/')
expect 'replay of the blocked one' "$(sluice blocked replay "$blocked" --because 'the policy may have changed' | cut -d: -f1 || true)" 'blocked again, so nothing was sent'
expect 'log' "$(sluice log verify | cut -d: -f1)" intact
sluice doctor >"$work/doctor" || true
expect 'the doctor in it' "$(grep -c '^✓ \(user\|privileges\|file system\|open files\|policy in force\|way to vendor.test\|trust of novaseq-01\):' "$work/doctor")" 7

# --- from outside
expect 'open to the lab' "$("$engine" exec "$id-instrument" node /src/test/image/open-ports.ts $lab.10)" "$lab.10: 8443"
expect 'open to the egress network' "$("$engine" exec "$id-vendor" node /src/test/image/open-ports.ts $egress.10 $lab.10 | xargs)" "$egress.10: none $lab.10: none"
# Linux answers on one network card for the address of another (weak host model). Only a container on the egress network that was
# given a route to the lab address could use that; the port opens, and the connection is dropped before a handshake, with a record.
nsenter --target "$(pid "$id-vendor")" --net ip route add $lab.10/32 via $egress.10
expect 'a neighbour on the egress network with a route' "$("$engine" exec --env NODE_TLS_REJECT_UNAUTHORIZED=0 "$id-vendor" \
  node --no-warnings /src/test/image/instrument.ts https://$lab.10:8443 "/src/$sample")" 'no answer: ECONNRESET'
expect 'its record' "$(sluice log list --json --limit 1 | grep -o '"reason":"[^"]*"')" '"reason":"outside-lab"'
expect 'hands packets on between the networks' "$("$engine" exec "$id-app" cat /proc/sys/net/ipv4/ip_forward)" 0

# --- hardening, as the kernel sees it
app=$(pid "$id-app")
awk '/^Uid:/ && $2 == 0 || /^Cap(Eff|Bnd|Prm|Inh|Amb):/ && $2 !~ /^0+$/ || /^NoNewPrivs:/ && $2 != 1 || /^Seccomp:/ && $2 != 2 {
  print; bad = 1 } END { exit bad }' "/proc/$app/status" || fail 'not hardened'
grep -q ' / / ro' "/proc/$app/mountinfo" || fail 'the root file system is writable'
say 'not root, no capability, no new privileges, seccomp, read-only root'

# --- its own health check, the end, and a second start on the same data
if [ "$engine" = podman ]; then podman healthcheck run "$id-app" || fail 'its own HEALTHCHECK'; say 'HEALTHCHECK passes'; fi
"$engine" stop --time 20 "$id-app" >/dev/null 2>&1
expect 'exit code after SIGTERM' "$("$engine" inspect --format '{{.State.ExitCode}}' "$id-app")" 0
"$engine" start "$id-app" >/dev/null
for _ in {1..50}; do sluice status --health 2>/dev/null && break; sleep 0.2; done
# A restarted container may have another MAC address on the bridge that stands in for the lab's network.
nsenter --target "$(pid "$id-instrument")" --net ip neigh flush all
expect 'telemetry after a restart' "$(post "/src/$sample")" '200 passed'
expect 'log after a restart' "$(sluice log verify | cut -d: -f1)" intact
echo PASS
