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

# Builds the documentation; warnings are errors.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Checks that the pure crates build for browsers.
wasm:
    cargo check --target wasm32-unknown-unknown -p gloo-core -p gloo-istio

# Checks licences, advisories and sources of dependencies.
deny:
    cargo deny check

# Runs the benchmarks: one table for four sizes; takes some minutes.
bench:
    cargo bench -p gloo-benches

# Writes the allocations that tests compare with anew and shows what changed.
counts:
    UPDATE_COUNTS=1 cargo test -p gloo-benches --test counts
    git diff -- benches/counts.json

# Writes the snapshots of the corpus anew and shows what changed; read the difference before you commit it.
golden:
    INSTA_UPDATE=always cargo test -p gloo-istio --test golden
    git diff --stat -- fixtures/cases
    git status --short -- fixtures/cases
