#!/usr/bin/env bash
# Measures training steps and scoring on a GPU, beside the official network in PyTorch, eager and compiled:
#
#   ./gpu.sh [--libtorch FOLDER] [--conformer FOLDER] [--variants Tiny] [--batches '1 8 32 64 128 256'] [--seconds 8] [--rounds 1]
#
# --conformer is a clone of the official repository; without it PyTorch's figures are left out. Lines go to the standard output and to
# gpu-results.txt in the current folder. What fails, such as a batch that does not fit, is said in its line, and the next one follows.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-python3}
run=("$here/run.sh")
conformer= variants=Tiny batches='1 8 32 64 128 256' seconds=8 rounds=1
while [[ $# -gt 0 ]]; do
  [[ $# -gt 1 ]] || { echo "gpu: $1 needs a value" >&2 && exit 2; }
  case $1 in
    --libtorch)
      [[ -f $2/libtorch.so ]] || { echo "gpu: there is no libtorch.so in '$2'" >&2 && exit 2; }
      run+=(--libtorch "$2")
      ;;
    --conformer) conformer=$2 ;;
    --variants) variants=$2 ;;
    --batches) batches=$2 ;;
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
    *) echo "gpu: unknown option '$1'; the first lines of this script have all" >&2 && exit 2 ;;
  esac
  shift 2
done
if [[ -n $conformer ]]; then
  for file in "$conformer/conformer.py" "$here/reference.py"; do
    [[ -f $file ]] || { echo "gpu: there is no '$file', with which PyTorch is measured" >&2 && exit 2; }
  done
fi
: >gpu-results.txt || exit 2
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

tell() { printf '%s\n' "$*" | tee -a gpu-results.txt; }

measure() { # NAME COMMAND...
  local name=$1 line
  if line=$("${@:2}" 2>"$errors" | tail -n 1) && [[ $line == {* ]]; then
    tell "$name: $line"
  else
    line=$(grep -aE '^(Unhandled exception|[A-Za-z_.]+(Error|Exception):)' "$errors" | tail -n 1)
    tell "$name: failed: $(cut -c 1-900 <<<"${line:-$(tail -n 1 "$errors")}")"
  fi
}

# NVIDIA's variable turns TF32 off in all of its libraries. ONNX Runtime and cuDNN in PyTorch use it unless told otherwise, and PyTorch's
# matrix products with the other variable.
no_tf32=NVIDIA_TF32_OVERRIDE=0 tf32=TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1
own() { # NAME VARIABLE COMMAND...
  measure "$1, $at" env "$2" "${run[@]}" "${@:3}" --variant "$variant" --batch "$batch" --seconds "$seconds"
}
official() { # NAME VARIABLE COMMAND...
  if [[ -n $conformer ]]; then
    measure "$1, $at" env "$2" "$python" "$here/reference.py" "${@:3}" --conformer "$conformer" --variant "${variant,,}" \
      --batch "$batch" --seconds "$seconds" --device cuda
  fi
}

tell "$(date -u), $(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>&1 || true)"
# In turn, round by round: what slows the machine for a while slows all of them.
for variant in $variants; do
  for batch in $batches; do
    for ((round = 1; round <= rounds; round++)); do
      at="$variant, batch $batch, round $round"
      own "training, fp32" $no_tf32 step --device Cuda --tf32 false
      own "training, TF32" $tf32 step --device Cuda --tf32 true
      own "training, bfloat16" $tf32 step --device Cuda --precision BFloat16
      for compile in false true; do
        official "training, PyTorch fp32, compiled $compile" $no_tf32 step --compile $compile
        official "training, PyTorch TF32, compiled $compile" $tf32 step --compile $compile
        official "training, PyTorch bfloat16, compiled $compile" $tf32 step --compile $compile --precision bfloat16
      done
      for provider in Cuda TensorRt; do
        own "scoring, $provider fp32" $no_tf32 score --provider $provider
        own "scoring, $provider TF32" $tf32 score --provider $provider
        own "scoring, $provider fp16" $tf32 score --provider $provider --precision Float16
      done
      for compile in false true; do
        official "scoring, PyTorch fp32, compiled $compile" $no_tf32 eval --compile $compile
        official "scoring, PyTorch TF32, compiled $compile" $tf32 eval --compile $compile
        official "scoring, PyTorch bfloat16, compiled $compile" $tf32 eval --compile $compile --precision bfloat16
      done
    done
  done
done

# Mask R-CNN on 1344 x 800 pixels; PyTorch's is torchvision's on the official network.
variant=SmallPatch32
for batch in 1 2; do
  for ((round = 1; round <= rounds; round++)); do
    at="Mask R-CNN, $variant, batch $batch, round $round"
    own "training, TF32" $tf32 detector --way step --device Cuda
    own "training, bfloat16" $tf32 detector --way step --device Cuda --precision BFloat16
    official "training, PyTorch TF32" $tf32 detector-step
    official "training, PyTorch bfloat16" $tf32 detector-step --precision bfloat16
    own "scoring, Cuda TF32" $tf32 detector --way score --provider Cuda
    official "scoring, PyTorch TF32" $tf32 detector-eval
  done
done
