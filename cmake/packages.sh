# shellcheck shell=sh
# For tests/run.sh and examples/run.sh, which source it from the root: finds the compiler and what else is needed, and
# installs what is missing where that is allowed (Debian and Ubuntu, as root or with a sudo that asks no password).

say() { printf '%s\n' "$@" >&2; }

prefix_options=
if command -v brew > /dev/null 2>&1; then prefix_options=-I$(brew --prefix)/include; fi

cores() { nproc 2> /dev/null || sysctl -n hw.ncpu 2> /dev/null || echo 2; }

# Does this compiler speak enough C++20? (GCC 12, Clang 14, and AppleClang of that age.)
new_enough() {
    printf '%s\n' '#include <concepts>' '#if defined(__apple_build_version__)' '#if __clang_major__ < 15' '#error' '#endif' \
        '#elif defined(__clang__)' '#if __clang_major__ < 14' '#error' '#endif' '#elif __GNUC__ < 12' '#error' '#endif' |
        "$1" -std=c++20 -fsyntax-only -x c++ - > /dev/null 2>&1
}

# $CXX, or else the first compiler that is new enough.
find_compiler() {
    for candidate in ${CXX:-} g++ c++ clang++ g++-14 g++-13 g++-12 clang++-18 clang++-16 clang++-15 clang++-14; do
        if command -v "$candidate" > /dev/null 2>&1 && new_enough "$candidate"; then
            CXX=$candidate
            export CXX
            return 0
        fi
    done
    return 1
}

# Does `#include <$1>`, followed by the line $2, get through the preprocessor?
has_header() {
    # shellcheck disable=SC2086
    printf '#include <%s>\n%s\n' "$1" "${2:-}" | "$CXX" $prefix_options -std=c++20 -E -x c++ - > /dev/null 2>&1
}

has() {
    case $1 in
        compiler) find_compiler ;;
        cmake) command -v cmake > /dev/null 2>&1 ;;
        make) command -v ninja > /dev/null 2>&1 || command -v make > /dev/null 2>&1 ;;
        python) command -v python3 > /dev/null 2>&1 ;;
        clang) command -v clang++ > /dev/null 2>&1 ;;
        qemu) command -v qemu-aarch64 > /dev/null 2>&1 || command -v qemu-aarch64-static > /dev/null 2>&1 ;;
        cross) command -v aarch64-linux-gnu-g++ > /dev/null 2>&1 ;;
        pkg_config) command -v pkg-config > /dev/null 2>&1 ;;
        openmp_of_clang) ls /usr/lib/llvm-*/lib/libomp.so > /dev/null 2>&1 ;;
        *) [ -n "${CXX:-}" ] && case $1 in
            xsimd) has_header xsimd/config/xsimd_config.hpp "$(printf '#if XSIMD_VERSION_MAJOR < 8\n#error\n#endif')" ;;
            catch2) has_header catch2/catch_all.hpp || has_header catch2/catch.hpp ;;
            cli11) has_header CLI/CLI.hpp ;;
            eigen) has_header Eigen/Core || has_header eigen3/Eigen/Core ;;
            benchmark) has_header benchmark/benchmark.h ;;
            *) say "unknown need $1"; return 1 ;;
        esac ;;
    esac
}

# The package that brings a need: Debian's name, Homebrew's name.
package() {
    case $1 in
        compiler) echo g++ gcc ;;
        cmake) echo cmake cmake ;;
        make) echo ninja-build ninja ;;
        python) echo python3 python ;;
        clang) echo clang llvm ;;
        openmp_of_clang) echo libomp-dev libomp ;;
        qemu) echo qemu-user qemu ;;
        cross) echo g++-aarch64-linux-gnu aarch64-elf-gcc ;;
        pkg_config) echo pkg-config pkgconf ;;
        xsimd) echo libxsimd-dev xsimd ;;
        catch2) echo catch2 catch2 ;;
        cli11) echo libcli11-dev cli11 ;;
        eigen) echo libeigen3-dev eigen ;;
        benchmark) echo libbenchmark-dev google-benchmark ;;
    esac
}

missing_of() {
    for need in "$@"; do has "$need" || printf '%s ' "$need"; done
}

packages_for() { # $1: debian or brew, then the needs
    field=1
    if [ "$1" = brew ]; then field=2; fi
    shift
    for need in "$@"; do package "$need" | cut -d ' ' -f $field; done | tr '\n' ' '
}

install_debian() {
    as_root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null 2>&1 && sudo -n true 2> /dev/null || return 1
        as_root='sudo -n'
    fi
    say "Installing: $*"
    $as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the package lists at hand."
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Makes sure of every need, or says exactly what to install and fails.
require() {
    find_compiler || : # here, since what follows asks in subshells
    missing=$(missing_of "$@")
    if [ -z "$missing" ]; then return 0; fi
    if [ "$(uname -s)" = Darwin ]; then
        # shellcheck disable=SC2086
        say "Missing: $missing" "Install with: brew install $(packages_for brew $missing)"
        return 1
    fi
    # shellcheck disable=SC2086
    packages=$(packages_for debian $missing)
    # shellcheck disable=SC2086
    if command -v apt-get > /dev/null 2>&1 && install_debian $packages; then
        find_compiler || :
        missing=$(missing_of "$@")
        if [ -z "$missing" ]; then return 0; fi
        say "Still missing, or too old, after installing: $missing"
        say "Needed: GCC 12 or Clang 14, CMake 3.20, xsimd 8.1 or later (Debian 12, Ubuntu 24.04 and later have them)."
        return 1
    fi
    say "Missing: $missing" "Install with: sudo apt-get install $packages"
    return 1
}

generator() {
    if command -v ninja > /dev/null 2>&1; then echo Ninja; else echo 'Unix Makefiles'; fi
}

# Configures the folder $1 with the other arguments. A folder made with another generator keeps it.
configure() {
    folder=$1
    shift
    if [ -f "$folder/CMakeCache.txt" ]; then
        cmake -S . -B "$folder" "$@"
    else
        if command -v brew > /dev/null 2>&1; then set -- "-DCMAKE_PREFIX_PATH=$(brew --prefix)" "$@"; fi
        cmake -S . -B "$folder" -G "$(generator)" "$@"
    fi
}
