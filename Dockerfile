# Needs nothing but the two base images and the crates in Cargo.lock: SQLite
# and Lua are compiled from source, and the build image brings gcc.

FROM rust:1-slim-bookworm AS build
WORKDIR /build

# Function names stay, for backtraces.
ENV CARGO_PROFILE_DIST_STRIP=debuginfo

# The dependencies, with an empty crate in our place. This layer stays until
# Cargo.toml or Cargo.lock changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && echo 'fn main() {}' > src/main.rs \
 && touch src/lib.rs \
 && cargo build --locked --profile dist --bin bankrun \
 && cargo clean --locked --profile dist --package bankrun

# Our own crate.
COPY migrations migrations
COPY scenarios scenarios
COPY src src
RUN cargo build --locked --profile dist --bin bankrun

# What is in it: all crates, with versions and licences.
COPY tools tools
RUN tools/sbom.sh > bankrun.cdx.json


FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="bankrun" \
      org.opencontainers.image.description="Races a service, reads the balances back, and says which money went missing" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.base.name="debian:bookworm-slim"

WORKDIR /bankrun
COPY scenarios scenarios
RUN groupadd --gid 10001 bankrun \
 && useradd --uid 10001 --gid bankrun --home-dir /bankrun --no-create-home \
            --shell /usr/sbin/nologin bankrun \
 && chmod -R a+rX scenarios
COPY --from=build /build/target/dist/bankrun /usr/local/bin/bankrun
COPY --from=build /build/bankrun.cdx.json /usr/share/doc/bankrun/bankrun.cdx.json

# In a container the loopback interface is out of everyone's reach.
ENV BANKRUN_LISTEN=0.0.0.0:3000 \
    BANKRUN_UI_LISTEN=0.0.0.0:8089
EXPOSE 3000 8089
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=3s --timeout=6s --start-period=30s --retries=3 \
  CMD ["bankrun", "health"]
ENTRYPOINT ["bankrun"]
