#!/usr/bin/env bash
# Runs what lies beside this script with the libtorch of an installed PyTorch:
#
#   ./run.sh step --variant Tiny --size 224 --batch 64          a command of the benchmarks
#   ./run.sh test --filter 'FullyQualifiedName~Torch'           the tests; those that need the sources or other programs are left out
#   ./run.sh --libtorch FOLDER step ...                         with the libtorch in FOLDER
#
# FOLDER is PyTorch's torch/lib. Without it, that of `python3 -c 'import torch'` is taken (PYTHON names another Python).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-python3}
libtorch=
if [[ ${1-} == --libtorch ]]; then
  libtorch=${2:?--libtorch needs a folder} && shift 2
fi
[[ $# -gt 0 ]] || { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2 && exit 2; }
if [[ -z $libtorch ]]; then
  libtorch=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))') ||
    { echo "run: $python has no PyTorch; name its folder torch/lib with --libtorch" >&2 && exit 2; }
fi
[[ -f $libtorch/libtorch.so ]] || { echo "run: there is no libtorch.so in '$libtorch'" >&2 && exit 2; }
libtorch=$(cd "$libtorch" && pwd)

# PyTorch's wheels have their version in a file of Python; other builds of libtorch have it in one of their own, or in none.
found=$(sed -n "s/^__version__[^'\"]*['\"]\([^'\"]*\).*/\1/p" "$libtorch/../version.py" 2>/dev/null ||
  cat "$libtorch/../build-version" 2>/dev/null || echo unknown)
echo "run: TorchSharp is built for libtorch $(cat "$here/libtorch-version"), the one in $libtorch is ${found:-unknown}" >&2

# CUDA, cuDNN and TensorRT, for ONNX Runtime, where they were installed with pip beside PyTorch.
libraries=$libtorch
for folder in "$libtorch"/../../nvidia/*/lib "$libtorch"/../../tensorrt_libs; do
  if [[ -d $folder ]]; then libraries+=:$(cd "$folder" && pwd); fi
done
export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
# Programs that these start by the name dotnet run on the same runtime.
export DOTNET_ROOT=$here/dotnet PATH=$here/dotnet:$PATH DOTNET_CLI_TELEMETRY_OPTOUT=1
if ! { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q libicuuc; then
  export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
fi

if [[ $1 == test ]]; then
  shift
  export CONFORMER_GOLDENS=${CONFORMER_GOLDENS:-$here/goldens} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} # as build/test.sh does
  lacking='FullyQualifiedName!~.Cli.&FullyQualifiedName!~.Architecture.&FullyQualifiedName!~.Docs.&FullyQualifiedName!~.Packaging.'
  lacking+='&FullyQualifiedName!~.Portable&FullyQualifiedName!~.Hostile'
  if [[ ${1-} == --filter ]]; then
    lacking="(${2:?--filter needs an expression})&$lacking" && shift 2
  fi
  exec "$here/dotnet/dotnet" "$here/app/Microsoft.ML.Conformer.Tests.dll" --filter "$lacking" "$@"
fi
exec "$here/dotnet/dotnet" "$here/app/Microsoft.ML.Conformer.Benchmarks.dll" "$@"
