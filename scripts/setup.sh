#!/usr/bin/env bash
# Makes sure that what a build and a run need is there. On Debian and its relatives it installs what is missing; elsewhere it
# names it. With --tests also what the tests need: the software drivers and the validation layer.
set -euo pipefail

missing=()   # Debian package names
reasons=()   # what each is for, for other systems

need() { # package, what it is
  missing+=("$1")
  reasons+=("$2")
}

has_library() { # not through a pipe: grep -q would end ldconfig early, and pipefail would call that a failure
  local known
  known=$(ldconfig -p 2>/dev/null) || return 1
  [[ $known == *"$1"* ]]
}
has_driver() { # pattern of a driver's manifest
  compgen -G "/usr/share/vulkan/icd.d/$1" >/dev/null || compgen -G "/etc/vulkan/icd.d/$1" >/dev/null ||
    compgen -G "/usr/local/share/vulkan/icd.d/$1" >/dev/null
}

if ! command -v dotnet >/dev/null || [[ $'\n'$(dotnet --list-sdks 2>/dev/null) != *$'\n'10.* ]]; then
  echo "The .NET 10 SDK was not found. Install it: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
  exit 1
fi

command -v cmake >/dev/null || need cmake "CMake 3.20 or later"
command -v make >/dev/null || need make "make"
command -v glslc >/dev/null || need glslc "glslc (Shaderc)"
command -v spirv-val >/dev/null || need spirv-tools "spirv-val (SPIRV-Tools)"
PATH="$PATH:/sbin:/usr/sbin"
has_library libvulkan.so.1 || need libvulkan1 "the Vulkan loader (libvulkan.so.1)"
if [ "${1:-}" = "--tests" ]; then
  has_driver 'lvp_icd*.json' || need mesa-vulkan-drivers "Mesa's lavapipe, the software Vulkan driver"
  compgen -G '/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json' >/dev/null ||
    need vulkan-validationlayers "the Vulkan validation layer"
elif [ -z "${VK_ICD_FILENAMES:-}${VK_DRIVER_FILES:-}" ]; then
  has_driver '*.json' || need mesa-vulkan-drivers "a Vulkan driver, your card's or Mesa's lavapipe"
fi

drivers="${XDG_CACHE_HOME:-$HOME/.cache}/vksparsegrad"

# SwiftShader, the tests' second driver, is a library in a browser's package; the browser itself is not needed.
swiftshader=$drivers/swiftshader
unpack_swiftshader() {
  local folder
  folder=$(mktemp -d)
  # apt checks the package's signature; as root it likes to download as another user.
  chmod 755 "$folder"
  if (cd "$folder" && apt-get -o APT::Sandbox::User=root download chromium-common && dpkg-deb -x chromium-common*.deb x) >/dev/null 2>&1 &&
    [ -f "$folder/x/usr/lib/chromium/libvk_swiftshader.so" ]; then
    mkdir -p "$swiftshader"
    cp "$folder"/x/usr/lib/chromium/{libvk_swiftshader.so,vk_swiftshader_icd.json} "$swiftshader/"
  fi
  rm -rf "$folder"
  [ -f "$swiftshader/vk_swiftshader_icd.json" ]
}
# A later Mesa beside the installed one, one driver more for the tests where Debian 12's backports can be had.
later_mesa=$drivers/mesa-backports
unpack_later_mesa() {
  local folder apt mirror
  # The backports lie beside the release, wherever this machine has that from.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Release: bookworm' 'Component: main' 2>/dev/null | head -n 1) || return 1
  [ -n "$mirror" ] || return 1
  folder=$(mktemp -d)
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/packages"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" >"$folder/list"
  apt=(apt-get -o Dir::Etc::SourceList="$folder/list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$folder/lists"
    -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root)
  if (cd "$folder/packages" && "${apt[@]}" update && "${apt[@]}" download mesa-vulkan-drivers libdrm2 libdrm-amdgpu1 &&
    for package in *.deb; do dpkg-deb -x "$package" "$folder/x"; done) >/dev/null 2>&1; then
    mkdir -p "$later_mesa"
    cp -P "$folder"/x/usr/lib/x86_64-linux-gnu/{libvulkan_lvp.so,libdrm*.so*} "$later_mesa/" &&
      sed "s|\"libvulkan_lvp.so\"|\"$later_mesa/libvulkan_lvp.so\"|" "$folder/x/usr/share/vulkan/icd.d/lvp_icd.json" >"$later_mesa/lvp_icd.json"
  fi
  rm -rf "$folder"
}
if [ "${1:-}" = "--tests" ] && [ ! -f "$later_mesa/lvp_icd.json" ] && grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release &&
  [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ]; then
  unpack_later_mesa || true # it is one driver more and not needed
fi

wants_swiftshader=false
if [ "${1:-}" = "--tests" ] && [ ! -f "$swiftshader/vk_swiftshader_icd.json" ] && [ -f /etc/debian_version ]; then
  unpack_swiftshader || wants_swiftshader=true # the list of packages may be missing
fi

if [ ${#missing[@]} -eq 0 ] && ! $wants_swiftshader; then exit 0; fi

if [ ! -f /etc/debian_version ] || ! command -v apt-get >/dev/null; then
  echo "These are missing; please install them:" >&2
  printf '  %s\n' "${reasons[@]}" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing packages; as root: apt install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
[ ${#missing[@]} -eq 0 ] || echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A list of packages may be broken for a source that does not matter here, so only the install decides.
"${as_root[@]}" apt-get update >"$log" 2>&1 || true
if [ ${#missing[@]} -gt 0 ] && ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "The packages could not be installed; try: apt install ${missing[*]}" >&2
  exit 1
fi
if $wants_swiftshader && ! unpack_swiftshader; then
  echo "SwiftShader could not be unpacked from the package chromium-common; the tests that need it will fail." >&2
fi
