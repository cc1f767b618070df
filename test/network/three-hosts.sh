#!/usr/bin/env bash
# three-hosts.sh COMMAND [ARGUMENT…]: runs a command among three hosts, each a network namespace of its own, for as long as it runs.
#
#   instrument .20 ── lab 10.77.1.0/24, fd00:77:1::/64 ── .10 appliance .10 ── wan 203.0.113.0/24, 2001:db8:113::/64 ── .20 vendor
#
# "on HOST COMMAND…" runs something on one of them. The vendor has routes to the lab addresses through the appliance, as a hostile
# neighbour would set them. Names are asked of the vendor. Everything is gone with the last process. Needs root, iproute2, util-linux.
set -euo pipefail

if [ -z "${AMONG_THREE_HOSTS:-}" ]; then
  AMONG_THREE_HOSTS=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

mount -t tmpfs hosts /run
mkdir /run/netns /run/commands
echo 'exec nsenter --net=/run/netns/"$1" -- "${@:2}"' | cat <(echo '#!/usr/bin/env bash') - >/run/commands/on
chmod 755 /run/commands/on
PATH=/run/commands:$PATH
echo 'nameserver 203.0.113.20' >/run/resolv.conf
echo '127.0.0.1 localhost' >/run/hosts
mount --bind /run/resolv.conf /etc/resolv.conf
mount --bind /run/hosts /etc/hosts

for host in instrument appliance vendor; do
  ip netns add "$host"
  ip -n "$host" link set lo up
done
# connect LINK HOST NUMBER HOST NUMBER NETWORK4 NETWORK6
connect() {
  ip link add "$1" netns "$2" type veth peer name "$1" netns "$4"
  for end in "$2 $3" "$4 $5"; do
    read -r host number <<<"$end"
    ip -n "$host" address add "$6.$number/24" dev "$1"
    ip -n "$host" address add "$7::$number/64" dev "$1" nodad
    ip -n "$host" link set "$1" up
  done
}
connect lab instrument 20 appliance 10 10.77.1 fd00:77:1
connect wan appliance 10 vendor 20 203.0.113 2001:db8:113
ip -n instrument route add default via 10.77.1.10
ip -n appliance route add default via 203.0.113.20
ip -n instrument -6 route add default via fd00:77:1::10
ip -n vendor route add 10.77.1.0/24 via 203.0.113.10
ip -n vendor -6 route add fd00:77:1::/64 via 2001:db8:113::10
on appliance sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter'

"$@"
