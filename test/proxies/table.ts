import { apache } from './apache.ts'
import { caddy } from './caddy.ts'
import { envoy } from './envoy.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import type { RealProxy } from './real-proxy.ts'
import { squid } from './squid.ts'
import { traefik } from './traefik.ts'
import { varnish } from './varnish.ts'

/** Every proxy that `npm run proxies` judges, in the order of the matrix. */
export const realProxies: readonly RealProxy[] = [
  nginx,
  haproxy,
  varnish,
  squid,
  apache,
  caddy,
  traefik,
  envoy,
]
