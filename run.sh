#!/usr/bin/env bash
# Builds the command and runs it. Without arguments it fine-tunes a small BERT as a demonstration; arguments go to the
# command: ./run.sh devices, ./run.sh train --help
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$root/scripts/setup.sh"
[ -t 1 ] && echo "Building ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Without nodes of other builds: they would restore into the home folder of whoever started them.
if ! dotnet build "$root/Cli/Cli.csproj" -c Release -v quiet -nologo -nodeReuse:false >"$log" 2>&1; then
  cat "$log" >&2
  echo "The build failed." >&2
  exit 1
fi
[ $# -gt 0 ] || set -- demo

# Mesa's software driver computes in vectors of 256 bits unless it is told that the CPU has wider ones. Its cache of compiled
# kernels does not tell widths apart, so this width has a cache of its own.
if [ -z "${LP_NATIVE_VECTOR_WIDTH:-}${MESA_SHADER_CACHE_DIR:-}" ] && grep -qsw avx512f /proc/cpuinfo; then
  export LP_NATIVE_VECTOR_WIDTH=512
  export MESA_SHADER_CACHE_DIR="${XDG_CACHE_HOME:-$HOME/.cache}/vksparsegrad/mesa-512"
fi
dotnet "$root/Cli/bin/Release/net10.0/VkSparseGrad.Cli.dll" "$@"
