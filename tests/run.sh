#!/bin/sh
# Builds the tests and runs them:
#
#     sh tests/run.sh          with this machine's compiler, for this machine's processor, in build/
#     sh tests/run.sh --ci     the same, then what a change must pass as well: Clang, sanitizers, AArch64 under an emulator
#     sh tests/run.sh --all    the whole matrix: compilers × instruction sets, sanitizers, AArch64
#     sh tests/run.sh LEG...   some of it: default clang asan tsan aarch64, {g++,clang++}-{sse2,sse4_2,avx2,avx512}
#
# The last line of the output is `N passed, N failed, N skipped`; the exit status is 0 if none failed.
set -u
cd "$(dirname "$0")/.." || exit 1
. cmake/packages.sh

x86=no legs='default clang asan tsan'
if [ "$(uname -m)" = x86_64 ]; then x86=yes legs="$legs aarch64"; fi
case ${1:-} in
    '') legs=default ;;
    --ci) ;;
    --all)
        if [ $x86 = yes ]; then legs="$legs g++-sse2 g++-avx2 g++-avx512 clang++-sse2 clang++-avx2 clang++-avx512"; fi ;;
    -*) sed -n '2,10s/^# \{0,1\}//p' tests/run.sh; exit 2 ;;
    *) legs=$* ;;
esac

needs='compiler cmake make python pkg_config xsimd catch2 cli11 eigen benchmark'
case $legs in *clang*) needs="$needs clang openmp_of_clang" ;; esac
case $legs in *aarch64*) needs="$needs cross qemu" ;; esac
# shellcheck disable=SC2086
require $needs || exit 1

passed=0 failed=0 skipped=0 table=

note() { # name, passed, failed, skipped, seconds, remark
    table="$table$(printf '%-14s %6s %6s %7s %6s s  %s' "$@")
"
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
}

# leg NAME FOLDER run|compile CTEST_OPTIONS CMAKE_OPTIONS…: one row of the matrix. A build that fails counts as one failure.
leg() {
    name=$1 folder=$2 what=$3 select=$4
    shift 4
    say "" "== $name"
    start=$(date +%s)
    mkdir -p "$folder"
    keep_going=-k
    if [ "$(generator)" = Ninja ]; then keep_going='-k 0'; fi
    broken=0
    # shellcheck disable=SC2086
    if ! configure "$folder" "$@" > "$folder/configure.log" 2>&1; then
        cat "$folder/configure.log"
        broken=1
    elif ! cmake --build "$folder" --parallel "$(cores)" -- $keep_going; then
        broken=1
    fi
    remark=
    if [ $broken = 1 ]; then remark='the build failed'; fi
    if [ "$what" = compile ]; then
        note "$name" 0 $broken 0 $(($(date +%s) - start)) "${remark:-compiled only: this processor cannot run it}"
        return
    fi
    # shellcheck disable=SC2086
    (cd "$folder" && ctest --output-on-failure --parallel "$(cores)" $select) 2>&1 | tee "$folder/tests.log"
    counts=$(sed -n 's/.*, \([0-9]*\) tests* failed out of \([0-9]*\).*/\1 \2/p' "$folder/tests.log")
    leg_failed=${counts% *} total=${counts#* }
    leg_skipped=$(grep -c '\*\*\*Skipped' "$folder/tests.log")
    if [ -z "$counts" ]; then
        leg_failed=0 total=0 broken=1 remark='no test ran'
    fi
    note "$name" $((total - leg_failed - leg_skipped)) $((leg_failed + broken)) "$leg_skipped" \
        $(($(date +%s) - start)) "$remark"
}

# What the other legs need not repeat: they build the library's tests alone and leave out those of the project's files.
only_tests='-DTESSERA_BUILD_EXAMPLES=OFF -DTESSERA_BUILD_BENCHMARKS=OFF -DTESSERA_INSTALL=OFF'
sanitizers='-O1 -g1 -fno-omit-frame-pointer -fno-sanitize-recover=all'

sanitize() { # NAME SANITIZERS CMAKE_OPTIONS…
    name=$1 checks=$2
    shift 2
    # shellcheck disable=SC2086
    leg "$name" "build/matrix/$name" run '-LE project|refused' $only_tests -DCMAKE_BUILD_TYPE=Debug \
        "-DCMAKE_CXX_FLAGS=$sanitizers -fsanitize=$checks" "-DCMAKE_CXX_FLAGS_DEBUG=" "$@"
}

# Only the headers that do not depend on the architecture may come from this machine.
aarch64() {
    folder=build/matrix/aarch64
    mkdir -p $folder/include
    for library in xsimd catch2; do
        path=$(printf '#include <%s>\n' "$library/$library.hpp" "$library/catch.hpp" "$library/catch_all.hpp" |
            "$CXX" -std=c++20 -M -MG -x c++ - | tr ' ' '\n' | grep "^/.*/$library/[^/]*hpp$" | head -n 1)
        ln -sfn "$(dirname "$path")" "$folder/include/$library"
    done
    if [ ! -f $folder/include/catch2/catch.hpp ]; then
        note aarch64 0 0 1 0 'Catch2 3 is a compiled library, and this one is not for AArch64'
        return
    fi
    qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static)
    # shellcheck disable=SC2086
    leg aarch64 $folder run '-LE project' $only_tests -DTESSERA_ARCH=neon64 \
        -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
        "-DCMAKE_CROSSCOMPILING_EMULATOR=$qemu;-L;/usr/aarch64-linux-gnu" \
        "-DTESSERA_XSIMD_INCLUDE_DIR=$PWD/$folder/include" "-DTESSERA_CATCH2_INCLUDE_DIR=$PWD/$folder/include" \
        -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON \
        '-DTESSERA_TEST_FOLDERS=core;simd;gemm;attention'
}

# COMPILER-ARCH; where the processor lacks the instructions it is compiled all the same.
instruction_set() {
    compiler=${1%-*} arch=${1##*-} what=run
    if [ "$arch" = avx512 ] && ! grep -q 'avx512bw.* avx512vl' /proc/cpuinfo; then what=compile; fi
    # shellcheck disable=SC2086
    leg "$1" "build/matrix/$1" $what '-LE project' $only_tests "-DCMAKE_CXX_COMPILER=$compiler" "-DTESSERA_ARCH=$arch"
}

for wanted in $legs; do
    # shellcheck disable=SC2086
    case $wanted in
        default) leg default build run '' ;;
        clang) leg clang build/matrix/clang run '-LE project' $only_tests -DCMAKE_CXX_COMPILER=clang++ ;;
        asan) sanitize asan address,undefined ;;
        # The runtimes of OpenMP are not instrumented: their barriers look like races.
        tsan) sanitize tsan thread -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON \
            '-DTESSERA_TEST_FOLDERS=exec;text;models' '-DTESSERA_TEST_FILTER=[exec],[threads]' ;;
        aarch64) aarch64 ;;
        *-sse2 | *-sse4_2 | *-avx2 | *-avx512) instruction_set "$wanted" ;;
        *) say "no leg $wanted"; note "$wanted" 0 1 0 0 'unknown' ;;
    esac
done

if [ "$legs" != default ]; then printf '\n%-14s %6s %6s %7s %6s\n%s\n' leg passed failed skipped time "$table"; fi
if [ $skipped -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ]
