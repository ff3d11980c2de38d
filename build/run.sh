#!/usr/bin/env bash
# Builds and runs a sample with the given arguments; without any it works on generated images.
#
#   build/run.sh [--data FOLDER] [--output FOLDER] ...          samples/FineTune: fine-tunes (build/run.sh --help lists all)
#   build/run.sh sweep [--data FOLDER] [--output FOLDER] ...    samples/AutoMLSweep: tunes the options (build/run.sh sweep --help)
#   build/run.sh eval|explain|check ...                         `conformer`: how good a model is, where it looks, what spoils photos
#   build/run.sh web [MODEL] [--urls URLS] ...                  `conformer serve`: serves a model and a page to drop photos on
#
# Without MODEL, web serves what the first command left; where it has left nothing, it is run first, on generated images.
#
# CONFIGURATION=Debug builds for debugging. ConformerBackend=cpu|cuda picks the native binaries (build/Backend.props).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
configuration=${CONFIGURATION:-Release}
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

sample=FineTune option=--output value=$root/artifacts/finetune project= program=
case ${1:-} in
  sweep) sample=AutoMLSweep value=$root/artifacts/sweep && shift ;;
  eval | explain | check) value=$root/artifacts/$1 project=src/Microsoft.ML.Conformer.Cli program=conformer ;;
  web)
    sample=Server option= value=$root/artifacts/finetune/model.zip
    project=src/Microsoft.ML.Conformer.Server program=conformer-server
    shift
    ;;
esac
arguments=("$@")
# Results belong to the checkout, wherever this is called from; --version takes no other option, and help needs none.
wants_value() { if [[ -n $option ]]; then [[ " $* " != *" $option"[\ =:]* ]]; else [[ ${1:--} == -* ]]; fi; }
if wants_value "$@" && [[ ! " $* " =~ " "(--help|--version|-h|-\?|/h|/\?)" " ]]; then
  if [[ -n $option ]]; then arguments+=("$option" "$value"); else arguments=("$value" "$@"); fi
  if [[ $sample == Server && ! -f $value ]]; then
    echo "run: there is no model yet; training one on generated images first, which takes a minute or two"
    "$root/build/run.sh"
    echo "run: images to try are in $root/artifacts/finetune/data/val"
  fi
fi

if [[ $sample == AutoMLSweep ]]; then
  "$root/build/setup.sh"
fi
project=${project:-samples/$sample} program=${program:-$sample}
echo "run: building $project (the first time, NuGet downloads packages for a minute or more) ..."
if ! log=$(dotnet build "$root/$project" -c "$configuration" --nologo -v q 2>&1); then
  printf '%s\n' "$log" >&2
  exit 1
fi
exec dotnet "$root/$project/bin/$configuration/net10.0/$program.dll" "${arguments[@]}"
