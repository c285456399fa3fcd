#!/usr/bin/env bash
# Prints the path of a lab binary, building it first if this machine does not have it yet.
#
#   kubelab.sh            etcd, kube-apiserver, kube-controller-manager, kube-proxy and kubectl in one
#   kubelab.sh netlab     the lab's own servers and probes
#   kubelab.sh promql     Prometheus' parser of expressions
#
# A binary is built once for each state of its sources, into ${XDG_CACHE_HOME:-~/.cache}/thresher.
# KUBELAB, if set, names a ready kubelab and nothing is built.
set -euo pipefail

name=${1:-kubelab}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kubernetes=v1.36.3

case $name in
  kubelab) flags=(-trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes") ;;
  netlab | promql) flags=(-trimpath -ldflags "-s -w") ;;
  *)
    echo "kubelab.sh: unknown binary \"$name\": want kubelab, netlab or promql" >&2
    exit 2
    ;;
esac

if [ "$name" = kubelab ] && [ -n "${KUBELAB:-}" ]; then
  if [ ! -x "$KUBELAB" ]; then
    echo "kubelab.sh: KUBELAB=$KUBELAB is not an executable file; unset it to build one" >&2
    exit 1
  fi
  echo "$KUBELAB"
  exit 0
fi

cd "$here/$name"
sources=(go.mod)
[ ! -e go.sum ] || sources+=(go.sum)
sources+=(*.go)
hash=$({ cat "${sources[@]}" && printf '%s\n' "${flags[@]}"; } | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/thresher
binary=$cache/$name-$hash

if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

if ! command -v go > /dev/null; then
  for candidate in /usr/local/go/bin /usr/lib/go/bin "$HOME/go/bin"; do
    [ ! -x "$candidate/go" ] || PATH=$PATH:$candidate
  done
fi
if ! command -v go > /dev/null; then
  echo "kubelab.sh: go is missing: the lab's Kubernetes is built from source. Install Go 1.26 or newer, or one from 1.21 on, which fetches the one it needs" \
    "(https://go.dev/dl/, or \"apt-get install golang-go\" if your distribution's is new enough)," \
    "or set KUBELAB to a ready binary." >&2
  exit 1
fi

mkdir -p "$cache"
exec 9> "$cache/$name.lock"
if ! flock -n 9; then
  echo "kubelab.sh: another build of $name is running, waiting for it" >&2
  flock 9
fi
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

if [ "$name" = kubelab ]; then
  echo "kubelab.sh: building Kubernetes $kubernetes for the lab, once: about 6 minutes on 2 cores, 3 GB in Go's caches" >&2
else
  echo "kubelab.sh: building $name" >&2
fi
part=$(mktemp "$cache/.$name-XXXXXX")
log=$cache/$name.log
trap 'rm -f "$part"' EXIT
started=$SECONDS
CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -v "${flags[@]}" -o "$part" . > "$log" 2>&1 9>&- &
build=$!
shown=0
while kill -0 "$build" 2> /dev/null; do
  sleep 1
  if [ $((SECONDS - started - shown)) -ge 10 ]; then
    shown=$((SECONDS - started))
    echo "kubelab.sh: ${shown} s, $(wc -l < "$log") packages, at $(tail -n 1 "$log")" >&2
  fi
done
if ! wait "$build"; then
  echo "kubelab.sh: building $name failed:" >&2
  tail -n 30 "$log" >&2
  exit 1
fi
chmod 755 "$part"
mv "$part" "$binary"
trap - EXIT
echo "kubelab.sh: built $binary in $((SECONDS - started)) s" >&2
echo "$binary"
