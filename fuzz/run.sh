#!/usr/bin/env bash
# Fuzzes one target with libFuzzer, on the stable toolchain.
#
#   fuzz/run.sh TARGET [SECONDS] [libFuzzer's options ...]
#
# What is found lies in fuzz/artifacts/TARGET; new inputs that reach new code go
# to target/fuzz/corpus/TARGET, not to what is kept. Needs a C++ compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:?"one of: $(ls fuzz/corpus | tr '\n' ' ')"}
seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
triple=$(rustc -vV | sed -n 's/^host: //p')

# What cargo-fuzz passes to a nightly compiler, without the address sanitizer:
# our own code has no unsafe code. Naming the triple keeps build scripts free of it.
flags=(
  --cfg fuzzing
  -C passes=sancov-module
  -C llvm-args=-sanitizer-coverage-level=4
  -C llvm-args=-sanitizer-coverage-inline-8bit-counters
  -C llvm-args=-sanitizer-coverage-pc-table
  -C llvm-args=-sanitizer-coverage-trace-compares
  -C codegen-units=1
)
RUSTFLAGS="${flags[*]}" cargo build --release --manifest-path fuzz/Cargo.toml \
  --target-dir target/fuzz --target "$triple" --bin "$target"

artifacts=fuzz/artifacts/$target
found=target/fuzz/corpus/$target
mkdir -p "$artifacts" "$found"
seeds=("fuzz/corpus/$target")
case $target in
  scenario) seeds+=(scenarios tests/fixtures/broken) ;;
  history) seeds+=(tests/fixtures/histories) ;;
  script) seeds+=(scenarios) ;;
esac
exec "target/fuzz/$triple/release/$target" -max_total_time="$seconds" -timeout=60 -max_len=16384 \
  -artifact_prefix="$artifacts/" "$@" "$found" "${seeds[@]}"
