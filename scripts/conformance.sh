#!/usr/bin/env bash
# Runs all conformance cases on the drivers that the tests use, and on every other device of this machine, and writes
# docs/conformance.md. Reports of other machines, made by 'conformance --format json', lie in docs/conformance/ and are put in too.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/scripts/setup.sh" --tests
dotnet build "$root/Cli/Cli.csproj" -c Release -v quiet -nologo >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/runtime"
cp -r "$root/Cli/bin/Release/net10.0" "$work/command" # a later build is not to disturb the runs
command=(dotnet "$work/command/VkSparseGrad.Cli.dll" conformance)
icd=/usr/share/vulkan/icd.d
lavapipe=$icd/lvp_icd.x86_64.json
drivers="${XDG_CACHE_HOME:-$HOME/.cache}/vksparsegrad"
swiftshader=$drivers/swiftshader/vk_swiftshader_icd.json
later_mesa=$drivers/mesa-backports
reports=()

run() { # name of the report, variables for the environment, --, options
  local name=$1 variables=()
  shift
  while [ "$1" != -- ]; do variables+=("$1"); shift; done
  shift
  echo "$name" >&2
  # A fault is for the page to tell.
  env "${variables[@]}" MESA_SHADER_CACHE_DIR="$work/cache-$name" XDG_CACHE_HOME="$work/cache-$name" XDG_RUNTIME_DIR="$work/runtime" \
    "${command[@]}" --format json "$@" >"$work/$name.json" || true
  if [ -s "$work/$name.json" ]; then reports+=("$work/$name.json"); fi # a driver that did not start has none
}

first_kind=$("${command[@]}" --mode support --format csv | grep '^device,')
for mode in test grad; do
  [[ $first_kind == *CPU* ]] || run "$mode-hardware" -- --mode $mode
  for width in 4 8 16; do
    run "$mode-lavapipe-$width" VK_ICD_FILENAMES="$lavapipe" LP_NATIVE_VECTOR_WIDTH=$((32 * width)) -- --mode $mode --validation
  done
  run "$mode-lavapipe-least" VK_ICD_FILENAMES="$lavapipe" -- --mode $mode --validation --disable all
  run "$mode-lavapipe-buffers" VK_ICD_FILENAMES="$lavapipe" -- --mode $mode --validation --disable texel-loads
  if [ -f "$later_mesa/lvp_icd.json" ]; then
    run "$mode-later-mesa" VK_ICD_FILENAMES="$later_mesa/lvp_icd.json" LD_LIBRARY_PATH="$later_mesa" -- --mode $mode --validation
  fi
  run "$mode-swiftshader" VK_ICD_FILENAMES="$swiftshader" -- --mode $mode --validation
done
for family in TAHITI POLARIS10 VEGA10 NAVI10 NAVI21 GFX1100; do
  run "compile-$family" VK_ICD_FILENAMES="$icd/radeon_icd.x86_64.json:$lavapipe" RADV_FORCE_FAMILY=$family -- \
    --mode compile --device $family --validation
done
"${command[@]}" --merge "$root"/docs/conformance/*.json "${reports[@]}" >"$work/conformance.md"
mv "$work/conformance.md" "$root/docs/conformance.md"
