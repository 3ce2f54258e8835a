# syntax=docker/dockerfile:1
# One image for every role: what a container does is said by ROLE and the other settings (.env.example).

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
ENV CI=true NUXT_TELEMETRY_DISABLED=1
COPY package.json package-lock.json .npmrc ./
# The project's own set-up step (patches, nuxt prepare) needs the sources, so dependencies come first and without it.
RUN npm ci --ignore-scripts && npm rebuild node
COPY . .
# MEDIA_ENGINE=0 leaves FFmpeg's libraries out (about 175 MB): then there are no posters, transcodes or sound tracks of video.
ARG MEDIA_ENGINE=1
RUN if [ "$MEDIA_ENGINE" = "0" ]; then rm -rf node_modules/@mediabunny/server node_modules/node-av node_modules/@seydx; fi \
 && npm run postinstall && npm run build

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Parley" org.opencontainers.image.licenses="MIT"
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
# Everything the server needs is traced into .output: no package manager, no sources, no build tools in the image.
COPY --from=build --chown=root:root /app/.output ./.output
RUN mkdir /data && chown node:node /data && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn*
USER node
VOLUME /data
EXPOSE 3000
# Liveness only: a store that is down must not make the platform kill a healthy process.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.PORT+'/api/health/live').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# SIGTERM drains (DRAIN_SECONDS); docker waits for 10 s by default, so compose sets stop_grace_period.
STOPSIGNAL SIGTERM
# Node otherwise keeps three times 32 MB for what is young (170 MB at rest instead of 330, for about a tenth more processor
# time), and lets the rest double before it collects (125 MB instead of 215 at a hundred streams, for a hundredth more).
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=30", ".output/server/index.mjs"]
