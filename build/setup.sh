#!/usr/bin/env bash
# Makes `dotnet restore` of this repository work.
#
# Where the configured NuGet feeds carry every package that the repository uses, there is nothing to do. Where some are missing,
# builds stand-ins for them from build/localfeed/ into the folder feed that NuGet.config lists (see build/localfeed/README.md).
#
# Safe to call at any time: what is up to date is left alone, an interrupted call is continued by the next one, and a second call
# at the same time waits for the first.
#
# Exit codes: 0 done, 1 a step failed (its log is shown), 2 something must be installed by hand (what, is shown).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
local_feed=$root/build/localfeed
feed=$local_feed/feed
work=$local_feed/.work

# ONNX Runtime's C# sources and its native library for linux-x64, as one npm package carries them.
ort_package=com.github.asus4.onnxruntime
ort_version=0.4.9
ort_sha512=BkzxduSZ9IkeDP6Q8lz2TFU2ie7hSSvS7ZIfzMooExoq0CNzJnuuGaUJ7IsojBgqO4ouD1jXah8OYyJbCN29Fg==

# Which native library (build/localfeed/native/NAME) a package carries.
declare -A native_of=([TorchSharp-cpu]=torch [Microsoft.ML.ImageAnalytics]=image)

# What the stand-ins need to be built and to run.
debian_packages=(libtorch-dev libopenblas0-openmp libjpeg-dev libpng-dev libwebp-dev cmake make g++ pkg-config)

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en LC_ALL=C

say() { printf 'setup: %s\n' "$*"; }
complain() { printf 'setup: %s\n' "$*" >&2; }
seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", to - from }'; }

# step LOG TEXT COMMAND...: runs the command with its output in a log, which is shown when it fails.
# Descriptor 9 holds the lock; it is closed for the command, since compiler servers outlive this script.
step() {
  local log=$work/log/$1.txt text=$2 from=$EPOCHREALTIME status
  shift 2
  say "$text ..."
  # Not as a condition of `if`, where bash would go on after an error inside the command.
  set +e
  (set -e && "$@") >"$log" 2>&1 </dev/null 9>&-
  status=$?
  set -e
  if [[ $status -ne 0 ]]; then
    complain "$text FAILED after $(seconds_since "$from"). The end of $log:"
    tail -n 40 "$log" >&2
    exit 1
  fi
  say "$text: $(seconds_since "$from")"
}

# hash_of PATH...: one hash over the names and contents of all files under these paths of build/localfeed, build outputs apart.
hash_of() {
  (cd "$local_feed" && find "$@" -type d \( -name bin -o -name obj \) -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32)
}

is_current() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# ---------------------------------------------------------------------------------------------- what there is to build

package_ids() { (cd "$local_feed" && for project in */*.csproj; do [[ -f $project ]] && dirname "$project"; done); }

# The package's project and all that it references, one name a line.
project_closure() {
  local reference
  printf '%s\n' "$1"
  while read -r reference; do project_closure "$reference"; done < <(
    sed -n 's/.*<ProjectReference Include="\.\.[/\\]\([^/\\]*\)[/\\].*/\1/p' "$local_feed/$1/$1.csproj")
}

native_stamp() {
  local -A headers=([torch]='libtorch-dev' [image]='libjpeg-dev libpng-dev libwebp-dev')
  # shellcheck disable=SC2086 # several words
  printf '%s %s\n' "$(hash_of "native/$1")" "$(dpkg-query -W -f '${Version} ' ${headers[$1]} 2>/dev/null || true)"
}

package_stamp() {
  local id inputs=(Directory.Build.props Directory.Build.targets) natives=''
  while read -r id; do
    inputs+=("$id")
    [[ -n ${native_of[$id]:-} ]] && natives+=$(native_stamp "${native_of[$id]}")
  done < <(project_closure "$1" | sort -u)
  printf '%s %s %s\n' "$(hash_of "${inputs[@]}")" "$natives" "$ort_version" | sha256sum | cut -c1-32
}

# ------------------------------------------------------------------------------------------------------------- probing

# Restores a project with exactly the versions of Directory.Packages.props, from the configured feeds without the local one.
probe_feeds() {
  local folder=$work/probe id
  rm -rf "$folder"
  mkdir -p "$folder"
  cat >"$folder/NuGet.config" <<'XML'
<configuration><disabledPackageSources><add key="localfeed" value="true" /></disabledPackageSources></configuration>
XML
  cat >"$folder/Directory.Build.props" <<'XML'
<Project><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>
XML
  cp "$folder/Directory.Build.props" "$folder/Directory.Build.targets"
  sed 's/Version="\([0-9][^"]*\)"/Version="[\1]"/' "$root/Directory.Packages.props" >"$folder/Directory.Packages.props"
  {
    printf '<Project Sdk="Microsoft.NET.Sdk"><Import Project="../../../Backend.props" /><ItemGroup>\n'
    for id in $(package_ids); do
      # The native packages come from Backend.props, which picks those for this machine.
      case $id in TorchSharp-cpu | Microsoft.ML.OnnxRuntime | Microsoft.ML.OnnxRuntime.Gpu) continue ;; esac
      grep -q "Include=\"$id\"" "$root/Directory.Packages.props" && printf '<PackageReference Include="%s" />\n' "$id"
    done
    printf '</ItemGroup></Project>\n'
  } >"$folder/Probe.csproj"
  dotnet restore "$folder/Probe.csproj" --nologo
}

# Answers 0 where the feeds carry everything. The answer is kept until the list of packages or of feeds changes.
feeds_are_complete() {
  local from=$EPOCHREALTIME log=$work/log/probe.txt question lacking text='asking the NuGet feeds for the packages'
  question=$( (
    cat "$root/Directory.Packages.props"
    package_ids
    dotnet nuget list source </dev/null 9>&-
  ) | sha256sum | cut -c1-32)
  is_current "$work/probe.stamp" "$question complete" && return 0
  is_current "$work/probe.stamp" "$question lacking" && return 1
  say "$text ..."
  if probe_feeds >"$log" 2>&1 </dev/null 9>&-; then
    say "$text: $(seconds_since "$from"), all are there"
    printf '%s complete\n' "$question" >"$work/probe.stamp"
    return 0
  fi
  lacking=$(sed -nE 's/.*error NU110[123]: .*package ([^ ]*[^. ])\.? .*/\1/p' "$log" | sort -u | paste -sd' ')
  if [[ -z $lacking ]] || grep -q 'error NU1301' "$log"; then
    complain "$text FAILED after $(seconds_since "$from"). The end of $log:"
    tail -n 40 "$log" >&2
    exit 1
  fi
  say "$text: $(seconds_since "$from"), they lack $lacking"
  printf '%s lacking\n' "$question" >"$work/probe.stamp"
  return 1
}

# ------------------------------------------------------------------------------------------------------ system packages

missing=() as_root=()

# Finds out what is missing and how to install it; leaves with exit code 2 where this account may not.
check_system_packages() {
  local package
  if ! command -v dpkg-query >/dev/null; then
    for package in cmake make g++ pkg-config; do command -v "$package" >/dev/null || missing+=("$package"); done
    if [[ ${#missing[@]} -gt 0 ]]; then
      complain "missing: ${missing[*]}. Install what Debian calls ${debian_packages[*]}, then run build/setup.sh again."
      exit 2
    fi
    return
  fi
  for package in "${debian_packages[@]}"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] || missing+=("$package")
  done
  if [[ ${#missing[@]} -eq 0 || $(id -u) -eq 0 ]]; then
    return
  fi
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    complain "system packages are missing and this account may not install them. Run this, then build/setup.sh again:"
    complain "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    exit 2
  fi
}

# Package lists are fetched only when the present ones do not do: there are none, or they name files that are gone.
apt_install() {
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@")
  "${install[@]}" || { "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update && "${install[@]}"; }
}

# ------------------------------------------------------------------------------------------------------------- building

fetch_ort() {
  local folder=$work/ort.new archive expected
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$folder" && npm pack "$ort_package@$ort_version" --silent)
  archive=$(echo "$folder"/*.tgz)
  expected=$(base64 -d <<<"$ort_sha512" | od -An -v -tx1 | tr -d ' \n')
  if ! sha512sum --check --status <<<"$expected  $archive"; then
    echo "$ort_package $ort_version does not have the pinned SHA-512 $expected but $(sha512sum <"$archive")" >&2
    return 1
  fi
  tar -xzf "$archive" -C "$folder" --no-same-owner \
    package/Runtime package/Plugins/Linux package/LICENSE package/ThirdPartyNotices.txt
  rm "$archive"
  rm -rf "$work/ort"
  mv "$folder" "$work/ort"
  printf '%s\n' "$ort_version" >"$work/ort.stamp"
}

build_native() {
  local name=$1 stamp=$2 built=$work/native/$1.build output=$work/native/$1.new
  rm -rf "$built"
  cmake -S "$local_feed/native/$name" -B "$built" -DCMAKE_BUILD_TYPE=Release -DCMAKE_LIBRARY_OUTPUT_DIRECTORY="$built/lib"
  cmake --build "$built" --parallel "$(nproc)"
  rm -rf "$output" && mkdir "$output"
  cp "$built"/lib/*.so "$output"
  rm -rf "${work:?}/native/$name" && mv "$output" "$work/native/$name"
  printf '%s\n' "$stamp" >"$work/native/$name.stamp"
}

# pack ID...: one `dotnet pack` for all of them, so that a project that several of them reference is built once.
pack() {
  local id packages=$work/packages.new
  rm -rf "$packages" "$work/stamps"
  mkdir -p "$packages"
  {
    printf '<Solution>\n'
    for id in "$@"; do printf '  <Project Path="../%s/%s.csproj" />\n' "$id" "$id"; done
    printf '</Solution>\n'
  } >"$work/LocalFeed.slnx"
  for id in "$@"; do
    mkdir -p "$work/stamps/$id"
    printf '%s\n' "${stamp_of[$id]}" >"$work/stamps/$id/localfeed.stamp"
  done
  dotnet pack "$work/LocalFeed.slnx" --nologo -c Release --artifacts-path "$work/dotnet" -o "$packages" \
    -p:LocalFeedStamps="$work/stamps"
  for id in "$@"; do
    rm -f "$feed/$id".[0-9]*.nupkg "$feed/$id.stamp"
    mv "$packages/$id".[0-9]*.nupkg "$feed/"
    mv "$work/stamps/$id/localfeed.stamp" "$feed/$id.stamp"
  done
}

# NuGet takes a version that it has unpacked once for good. Drops from its cache what is of another build than the feed's.
purge_cache() {
  local cache id package version cached
  cache=${NUGET_PACKAGES:-$(dotnet nuget locals global-packages --list </dev/null 9>&- | sed 's/^[^:]*: *//')}
  for id in $(package_ids); do
    for package in "$feed/$id".[0-9]*.nupkg; do
      [[ -f $package ]] || continue
      version=${package#"$feed/$id."}
      cached=${cache%/}/${id,,}/${version%.nupkg}
      if [[ -d $cached ]] && ! cmp -s "$cached/localfeed.stamp" "$feed/$id.stamp"; then
        rm -rf "$cached"
        say "dropped $id ${version%.nupkg} of another build from NuGet's cache"
      fi
    done
  done
}

# ----------------------------------------------------------------------------------------------------------------- main

started=$EPOCHREALTIME
if ! command -v dotnet >/dev/null; then
  complain "the .NET 10 SDK is missing: install it so that 'dotnet' is on the PATH, then run build/setup.sh again."
  exit 2
fi

mkdir -p "$work/log" "$work/native" "$feed"
exec 9>"$work/lock"
if ! flock -n 9; then
  say "another build/setup.sh is at work: waiting for it"
  flock 9
fi

if feeds_are_complete; then
  say "nothing to do: the feeds carry every package ($(seconds_since "$started"))"
  exit 0
fi

declare -A stamp_of
stale=()
for id in $(package_ids); do
  stamp_of[$id]=$(package_stamp "$id")
  if ! is_current "$feed/$id.stamp" "${stamp_of[$id]}" || ! compgen -G "$feed/$id.[0-9]*.nupkg" >/dev/null; then
    stale+=("$id")
  fi
done

if [[ ${#stale[@]} -gt 0 ]]; then
  if [[ $(uname -sm) != 'Linux x86_64' ]]; then
    complain "the stand-ins are for Linux on x86-64, not for $(uname -sm): here a feed with the real packages is needed (nuget.config)."
    exit 2
  fi
  check_system_packages
  if ! is_current "$work/ort.stamp" "$ort_version"; then
    if ! command -v npm >/dev/null; then
      complain "npm is missing, which brings ONNX Runtime: install Node.js with npm, then run build/setup.sh again."
      exit 2
    fi
    # Waits for the network while the steps below keep the processor busy; a process group of its own, so that it ends with this.
    set -m
    step onnxruntime "fetching ONNX Runtime ($ort_package $ort_version from npm)" fetch_ort &
    fetching=$!
    set +m
    trap 'kill -- "-$fetching" 2>/dev/null || true' EXIT
  fi
  if [[ ${#missing[@]} -gt 0 ]]; then
    step system-packages "installing system packages ${missing[*]}" apt_install "${missing[@]}"
  fi
  # The versions of what has just been installed are part of the stamps.
  for id in "${stale[@]}"; do stamp_of[$id]=$(package_stamp "$id"); done
  for name in torch image; do
    [[ -f $local_feed/native/$name/CMakeLists.txt ]] || continue
    stamp=$(native_stamp "$name")
    if ! is_current "$work/native/$name.stamp" "$stamp"; then
      step "native-$name" "building native/$name (cmake, g++)" build_native "$name" "$stamp"
    fi
  done
  if [[ -n ${fetching:-} ]]; then
    wait "$fetching" || exit 1
    trap - EXIT
  fi
  step packages "packing ${stale[*]}" pack "${stale[@]}"
fi

purge_cache
if [[ ${#stale[@]} -gt 0 ]]; then
  say "done in $(seconds_since "$started")"
else
  say "up to date ($(seconds_since "$started"))"
fi
