# Both stages stand on the same Debian, so that what the first one compiles runs in the second.
ARG NODE=24-bookworm

# The full image has python3, make and g++: sqlite3 is compiled where its prebuilt binary cannot be fetched.
FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# One of the dependencies is a folder of the project.
COPY scripts/node-addon-api ./scripts/node-addon-api
RUN npm ci
COPY tsconfig.json ./
COPY scripts/bundle ./scripts/bundle
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev
RUN mkdir data

FROM node:${NODE}-slim
ENV NODE_ENV=production
# database.file and imports.folder are relative to this folder, unless the config has a data_dir.
ENV RELAY_DATA=/app
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json README.md LICENSE THIRD-PARTY-NOTICES.md ./
COPY migrations ./migrations
COPY public ./public
COPY config ./config
# What `demo` plays.
COPY demo ./demo
COPY test/activities ./test/activities
# In a container 127.0.0.1 is reached by nobody, and on 0.0.0.0 the public secret of the demo would be one for everybody:
# this config listens everywhere and asks for a secret.
COPY config/relay.docker.yaml ./config/relay.yaml
# The only folder that is written to; the rest of the file system may be read-only.
COPY --from=build --chown=node:node /app/data ./data
USER node
VOLUME /app/data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["node", "dist/health.js"]
CMD ["node", "dist/main.js", "start"]
