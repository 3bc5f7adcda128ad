# syntax=docker/dockerfile:1
# Three stages: build with everything, install what production needs, run as an ordinary user.
# Node 24 is a long-term support release; the server runs on Node 20.19 and newer.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY migrations ./migrations
COPY scripts ./scripts
RUN npm run build

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    PORT=5050 \
    DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
# Files that the server writes (and the embedded database, without DATABASE_URL) go into a volume of the user `node`.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 5050
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 5050}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# No init process in between: the server handles SIGTERM itself and waits for the processes that it starts.
STOPSIGNAL SIGTERM
CMD ["node", "dist/src/main.js"]
