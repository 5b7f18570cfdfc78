// Builds the pages into dist/, which the server carries in its binary; in development it hands everything that is
// not a page on to a running server (REGIA_URL).
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const server = process.env['REGIA_URL'] ?? 'http://127.0.0.1:8080';
const page = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** `/city/{id}` is one page for all cities, `/call/{id}` one for all co-hosts, `/api` the API's, as on the server. */
const seatAddresses: Plugin = {
  name: 'seat-addresses',
  configureServer: ({ middlewares }) => {
    middlewares.use((request, _, next) => {
      const page = /^\/(city|call)\//.exec(request.url ?? '')?.[1];
      if (page !== undefined) request.url = `/${page}.html`;
      if (request.url === '/api') request.url = '/api.html';
      next();
    });
  },
};

export default defineConfig({
  plugins: [svelte(), seatAddresses],
  appType: 'mpa',
  build: {
    target: 'es2022',
    // The content security policy allows neither inline scripts nor data: fonts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        watch: page('index.html'),
        console: page('console.html'),
        city: page('city.html'),
        call: page('call.html'),
        api: page('api.html'),
      },
    },
  },
  server: {
    proxy: {
      '/api/': { target: server, ws: true },
      '/whip': server,
      '/whep': server,
      '/hls': server,
      '/metrics': server,
    },
  },
  test: { include: ['tests/**/*.test.ts'] },
});
