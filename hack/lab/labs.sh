# Sourced by up, down, kubectl and exec: finding labs.

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
registry=/run/thresher-lab

# Ids of all labs of this machine, also of those without an entry in the registry.
lab_ids() {
  {
    ls "$registry" 2> /dev/null || true
    ls /run/netns 2> /dev/null | sed -n 's/^th\([0-9a-f]\{4\}\)-.*/\1/p'
  } | grep -x '[0-9a-f]\{4\}' | sort -u || true
}

# The lab to talk to: LAB=<id>, or the only one.
the_lab() {
  local ids
  if [ -n "${LAB:-}" ]; then
    ids=$LAB
  else
    ids=$(lab_ids)
  fi
  case $(wc -w <<< "$ids") in
    0)
      echo "$(basename "$0"): no lab is up; hack/lab/up starts one" >&2
      exit 1
      ;;
    1) ;;
    *)
      echo "$(basename "$0"): several labs are up, say which: LAB=<id>, one of" $ids >&2
      exit 1
      ;;
  esac
  if [ ! -r "$registry/$ids/directory" ]; then
    echo "$(basename "$0"): lab $ids is not complete; hack/lab/down $ids removes what is left of it" >&2
    exit 1
  fi
  echo "$ids"
}

lab_directory() {
  cat "$registry/$1/directory"
}
