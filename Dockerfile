# The appliance: Node 24, the production dependencies and the sources, which Node runs as they are. Nothing is compiled.
# NODE_TAG may name a digest as well, so that every build stands on the same bytes: 24-bookworm-slim@sha256:…
ARG NODE_TAG=24-bookworm-slim

FROM node:${NODE_TAG} AS dependencies
WORKDIR /sluice
COPY package.json package-lock.json ./
# No install script runs: the prebuilt binaries of better-sqlite3 are in its package. Only the one for this system is kept.
RUN npm ci --omit=dev --ignore-scripts \
 && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
 && find node_modules/better-sqlite3/prebuilds -type f ! -name 'linux-*' -delete
# The bill of materials of what is in the image besides Node and Debian: CycloneDX, with licences and hashes. npm would miss what only
# development depends on.
RUN npm pkg delete devDependencies \
 && npm sbom --sbom-type=application --sbom-format=cyclonedx >sbom.cdx.json

FROM node:${NODE_TAG}
# The appliance installs nothing, so it needs no package manager. /data belongs to the user that the appliance runs as; /policy does not,
# which only reads there.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && install -d -m 0700 -o 1000 -g 1000 /data \
 && install -d -m 0755 /policy \
 && ln -s /app/cli/main.ts /usr/local/bin/sluice

WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /sluice/node_modules node_modules
COPY --from=dependencies /sluice/sbom.cdx.json ./
COPY certs certs
COPY cli cli
COPY fleet fleet
COPY log log
COPY proxy proxy
COPY rules rules
RUN chmod 0755 cli/main.ts

ENV NODE_ENV=production \
    SLUICE_DATA=/data
USER 1000:1000
VOLUME /data
# No EXPOSE: which address and port the appliance listens on is for the lab to say, and nothing is published by itself.

# Over the control socket in /data, so that no port is opened for it.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
  CMD ["node", "/app/cli/main.ts", "status", "--health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/cli/main.ts"]
CMD ["serve"]

# Last, because they differ from build to build. compose.yaml passes on what the environment says.
ARG NODE_TAG
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="sluice" \
      org.opencontainers.image.description="A lab-hosted egress proxy that lets instrument telemetry out and keeps sequencing data and personal or health data in." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="docker.io/library/node:${NODE_TAG}" \
      org.opencontainers.image.licenses="Apache-2.0"
