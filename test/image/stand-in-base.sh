#!/usr/bin/env bash
# stand-in-base.sh IMAGE
#
# Makes a stand-in for the official Node image where no image registry can be reached: Debian's minimal system from its
# packages, Node from the npm package "node" that the project installs anyway, npm from this machine, and the user "node".
# Needs root, podman and debootstrap.
set -euo pipefail

image=${1:?usage: stand-in-base.sh IMAGE}
project=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "${work:?}"' EXIT
root=$work/root

debootstrap --variant=minbase bookworm "$root" >"$work/log" || { tail "$work/log"; exit 1; }
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
install -m 0755 "$project/node_modules/node/bin/node" "$root/usr/local/bin/node"
mkdir -p "$root/usr/local/lib/node_modules"
cp -r "$(dirname "$(dirname "$(realpath "$(command -v npm)")")")" "$root/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
chroot "$root" useradd --uid 1000 --user-group --create-home --shell /bin/bash node
tar -C "$root" --exclude='./dev/*' -c . | podman import --change 'CMD ["node"]' - "$image" >/dev/null
