# Lists the recipes.
default:
    @just --list --unsorted

# Everything that CI does.
ready:
    bash .ci/run

# Formats the code.
fmt:
    cargo fmt --all

# Lints the code; warnings are errors.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Runs the tests; needs nothing but cargo.
test:
    cargo test --workspace

# Writes the allocations that tests compare with anew and shows what changed.
counts:
    UPDATE_COUNTS=1 cargo test -p gloo-benches --test counts
    git diff -- benches/counts.json

# Runs the properties on many random worlds and edits; takes long.
soak:
    PROPTEST_CASES=20000 cargo test --release -p gloo-istio --test incremental --test properties --test federation
    PROPTEST_CASES=5000 cargo test --release -p gloo-fixtures --test discovery_properties

# Fuzzes one target (world, archive, edits); needs cargo-fuzz and a nightly toolchain.
fuzz target='world' seconds='300':
    mkdir -p fixtures/fuzz/found/{{target}}
    cargo +nightly fuzz run --fuzz-dir fixtures/fuzz {{target}} fixtures/fuzz/found/{{target}} fixtures/fuzz/corpus/{{target}} -- -max_total_time={{seconds}} -max_len=16384 -timeout=20 -rss_limit_mb=1024

# Builds the documentation; warnings are errors.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Checks that the pure crates build for browsers.
wasm:
    cargo check --target wasm32-unknown-unknown -p gloo-core -p gloo-istio -p gloo-linkerd

# Checks licences, advisories and sources of dependencies.
deny:
    cargo deny check

# Runs the benchmarks: two tables; takes some minutes.
bench:
    cargo bench -p gloo-benches

# Writes the snapshots of the corpus anew and shows what changed; read the difference before you commit it.
golden:
    INSTA_UPDATE=always cargo test -p gloo-istio --test golden
    INSTA_UPDATE=always cargo test -p gloo-fixtures --test discovery
    git diff --stat -- fixtures/cases fixtures/discovery
    git status --short -- fixtures/cases fixtures/discovery
