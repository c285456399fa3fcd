#!/usr/bin/env bash
# Names the programs that the lab needs and this machine lacks. As root on Debian or Ubuntu it installs
# them; elsewhere it prints the command. Exit status 0 means that all are there afterwards.
#
#   packages.sh            look, and install if possible
#   packages.sh --check    look only
set -euo pipefail

# program:Debian package
needs=(
  ip:iproute2
  bridge:iproute2
  tc:iproute2
  nft:nftables
  conntrack:conntrack
  iptables-restore:iptables
  ping:iputils-ping
  sysctl:procps
  unshare:util-linux
  nsenter:util-linux
  flock:util-linux
  setsid:util-linux
  setpriv:util-linux
  mount:mount
)

PATH=$PATH:/usr/sbin:/sbin

look() {
  missing=()
  local need
  for need in "${needs[@]}"; do
    command -v "${need%%:*}" > /dev/null || missing+=("${need##*:}")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  fi
}

if [ "$(uname -s)" != Linux ]; then
  echo "packages.sh: the lab needs Linux network namespaces; this is $(uname -s)" >&2
  exit 1
fi

look
[ ${#missing[@]} -gt 0 ] || exit 0
echo "packages.sh: missing: ${missing[*]}" >&2
install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
if [ "${1:-}" = --check ] || [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
  if command -v apt-get > /dev/null; then
    echo "packages.sh: install them as root: $install" >&2
  else
    echo "packages.sh: install them with this system's package manager (the names are Debian's)" >&2
  fi
  exit 1
fi

echo "packages.sh: installing them" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
look
if [ ${#missing[@]} -gt 0 ]; then
  echo "packages.sh: still missing after the installation: ${missing[*]}" >&2
  exit 1
fi
