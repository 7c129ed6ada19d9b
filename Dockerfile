# docker build -t hpdummy .
#
# BUILD brings npm, and the Node 22 that ends up in the image. BASE needs glibc and libstdc++, nothing else:
# no shell, no package manager.
ARG BUILD=node:22-bookworm-slim
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD} AS manifest
WORKDIR /hpdummy
COPY .npmrc package.json package-lock.json ./

# A private registry: --secret id=npmrc,src=$HOME/.npmrc
FROM manifest AS dependencies
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc \
  npm ci --omit=dev --ignore-scripts
# Nothing loads these: Node refuses TypeScript in node_modules, and .bare is for another runtime.
RUN find node_modules -type f \
  \( -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' -o -name '*.md' -o -name '*.bare' \) \
  ! -iname 'licen[cs]e*' -delete \
  # What koffi is built from, and its binary for a C library that BASE has not.
  && rm -rf node_modules/koffi/vendor node_modules/koffi/doc node_modules/@koromix/*/musl_*

FROM manifest AS compiler
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc \
  npm ci --ignore-scripts
COPY tsconfig.json tsconfig.lib.json ./
COPY pack pack
COPY app app
RUN node pack/compile.js

FROM ${BASE}
COPY --from=dependencies /usr/local/LICENSE /usr/local/LICENSE
COPY --from=dependencies /usr/local/bin/node /usr/local/bin/node
COPY --from=dependencies /hpdummy/node_modules /hpdummy/node_modules
COPY LICENSE package.json /hpdummy/
COPY proto /hpdummy/proto
COPY --from=compiler /hpdummy/lib /hpdummy/app
# Also the number of `nonroot` in distroless images.
USER 65532:65532
EXPOSE 8080 8443 8081 8444 50051 50052 7007 7007/udp 7009 7019 7443 9000
# Node itself is process 1, so signals reach it.
ENTRYPOINT ["/usr/local/bin/node", "/hpdummy/app/main.js"]
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="hpdummy" \
  org.opencontainers.image.description="The origin behind your proxy" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
