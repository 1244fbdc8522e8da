# The gateway without graphs: mount a folder with a langgraph.json at /graphs, or build an image FROM this one that copies
# it there. It writes no files in staging and production.
# What runs is what was tried; `docker buildx imagetools inspect node:24-bookworm-slim` tells the newest digest.
FROM node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY runtime/package.json runtime/
RUN npm ci --workspaces=false --no-audit --no-fund
COPY tsconfig.json tsconfig.package.json tsdown.config.ts ./
COPY bin bin
COPY src src
COPY console console
RUN npm run build && npm ci --omit=dev --workspaces=false --no-audit --no-fund

FROM node:24.19.0-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/package.json /app/
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/bin /app/bin
COPY --from=build /build/dist /app/dist
RUN mkdir /graphs && chown node:node /graphs
WORKDIR /graphs
USER node
# A container keeps nothing that it writes.
ENV NODE_DISABLE_COMPILE_CACHE=1 TSX_DISABLE_CACHE=1
ENV NODE_ENV=production ENV=production HOST=0.0.0.0 PORT=4000
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/app/bin/session-gateway.js"]
