#!/usr/bin/env bash
# Measures this machine's first device, ONNX Runtime and PyTorch on its CPU where they can be had, and writes
# docs/performance.md. Takes a quarter of an hour with --shape minilm on a software driver, and longer without; let nothing
# else run. Options go to 'bench', such as --shape minilm or --device nvidia, and those that say what a step is to PyTorch too.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
products="$root/Benchmarks/peers/OnnxRuntimeProducts.cs"
dotnet build "$products" >&2 || products=
"$root/run.sh" bench --suite all --format json "$@" >"$work/device.json"
pages=("$work/device.json")
step=()
for ((i = 1; i < $#; i++)); do
  case ${!i} in --shape | --sequences | --length) next=$((i + 1)) && step+=("${!i}" "${!next}") ;; esac
done
for python in python3 /usr/bin/python3; do
  if "$python" -c 'import torch' 2>/dev/null; then
    "$python" "$root/Benchmarks/peers/torch_peers.py" "${step[@]}" >"$work/pytorch.json"
    pages+=("$work/pytorch.json")
    break
  fi
done
if [ -n "$products" ]; then
  dotnet run --no-build "$products" >"$work/onnxruntime.json"
  pages+=("$work/onnxruntime.json")
fi
{
  cat <<'EOF'
# Performance

Made by `scripts/performance.sh` from `vksparsegrad bench` and what lies in `Benchmarks/peers/`, on the same machine; not written by hand. Steps are of a model of random weights, the methods in turn; `sparsegrad` alone is the default selection.
`sparsegrad_published` is the paper's layer with its three products. Products: `nt` forward, `nn` gradient to the input, `tn`
gradient to the weight; tokens, outputs, inputs. `profile_`: the kernels of a step one by one. `growth_`: a BERT of 2 blocks, width 384 and 1,000 words,
8 sequences of 64 tokens, of which one size is changed; the exponent is that of the power of the size that fits best. Of the
last block most is computed for the first tokens only, so the time of few layers grows faster than their number.

EOF
  echo '```'
  "$root/run.sh" devices
  echo "bench --suite all${*:+ $*}"
  echo '```'
  echo
  "$root/run.sh" bench --merge "${pages[@]}"
} >"$work/performance.md"
mv "$work/performance.md" "$root/docs/performance.md"
