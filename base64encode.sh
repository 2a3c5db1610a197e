#!/usr/bin/env bash
# Encodes a file as one line of base64, to paste or post as the body of a request.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: base64encode.sh IN [OUT]

Writes the file IN as one line of base64 to OUT (default: IN-encoded; - is standard output).
IN is never changed. OUT appears complete or not at all; an existing OUT is replaced.
USAGE
}

fail() {
  printf 'base64encode.sh: %s\n' "$1" >&2
  exit 1
}

encode() {
  base64 <"$1" | tr -d '\r\n' # the one form that GNU and BSD share: GNU's -w0 and BSD's -i exclude each other
}

check_input() {
  [[ -e "$1" ]] || fail "no such file: $1"
  [[ ! -d "$1" ]] || fail "is a directory, not a file: $1"
  [[ -r "$1" ]] || fail "cannot be read: $1"
}

check_output() {
  local input=$1 output=$2
  [[ ! -d "$output" ]] || fail "cannot write: $output is a directory"
  [[ ! "$input" -ef "$output" ]] || fail "OUT is the same file as IN; choose another name for OUT: $output"
  [[ ! -e "$output" || -f "$output" ]] || fail "cannot write: $output is not a regular file (use - for standard output)"
  [[ ! -e "$output" || -w "$output" ]] || fail "cannot write: $output is write-protected"
}

write_encoded() {
  local input=$1 output=$2
  partial=$(mktemp -- "$output.XXXXXX" 2>/dev/null) || fail "cannot write: no file can be created beside $output"
  trap 'rm -f -- "$partial"' EXIT
  encode "$input" >"$partial" || fail "could not encode $input"
  chmod -- "$(printf '%o' $((0666 & ~$(umask))))" "$partial"
  mv -f -- "$partial" "$output"
}

main() {
  case "${1-}" in
    -h | --help) usage; exit 0 ;;
    -?*) usage >&2; fail "unknown option: $1 (write ./$1 for a file of that name)" ;;
  esac
  [[ $# -eq 1 || $# -eq 2 ]] || { usage >&2; fail "needs one or two arguments, not $#"; }
  local input=$1 output=${2-$1-encoded}
  [[ -n "$output" ]] || fail "OUT is empty"
  check_input "$input"
  if [[ "$output" == - ]]; then
    encode "$input" || fail "could not encode $input"
  else
    check_output "$input" "$output"
    write_encoded "$input" "$output"
  fi
}

main "$@"
