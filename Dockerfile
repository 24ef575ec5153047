# Built and run on the same Node as the lockfile pins. The image holds what runs, nothing that builds.
FROM node:26-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY migrations ./migrations
COPY libs ./libs
COPY apps ./apps
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund

FROM node:26-bookworm-slim
ENV NODE_ENV=production \
    GATEHOUSE_LISTEN_HOST=0.0.0.0 \
    GATEHOUSE_LISTEN_PORT=8443 \
    GATEHOUSE_DATA_DIRECTORY=/var/lib/gatehouse
WORKDIR /srv/gatehouse
RUN install -d -o node -g node -m 0700 /var/lib/gatehouse
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY bin ./bin
COPY deploy/docker/check-health.mjs ./deploy/docker/check-health.mjs
VOLUME /var/lib/gatehouse
EXPOSE 8443
USER node
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["node", "deploy/docker/check-health.mjs"]
CMD ["node", "dist/apps/gateway/main.js"]
