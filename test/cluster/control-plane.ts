import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { endWithUs } from '../support/children.ts'
import { canConnect } from '../support/ports.ts'
import { run } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { type GoTool, goTool } from '../tools/tools.ts'

// 4 s on two idle cores; a loaded machine reads 100 MB of server from its disk first.
const startMs = 60_000

/**
 * etcd, kube-apiserver (RBAC, PodSecurity, signed ServiceAccount tokens) and
 * kube-controller-manager as processes on loopback. No node ever runs a pod.
 */
export class ControlPlane {
  /** Everything of this control plane, and a place for a test's files: gone with `stop`. */
  readonly directory = mkdtempSync(join(tmpdir(), 'hpdummy-cluster-'))
  /** An administrator's. */
  readonly kubeconfig = join(this.directory, 'admin.kubeconfig')
  readonly #children = new Map<GoTool, ChildProcess>()
  readonly #adminToken = randomBytes(16).toString('hex')
  #port = 0

  /** Resolves when the server is ready. */
  async start(): Promise<void> {
    const [client, peer, secure] = await pickPorts()
    this.#port = secure
    this.#startEtcd(client, peer)
    this.#startServer(client, secure)
    // It writes its key last, so the certificate is whole by then.
    await this.#until('has a certificate', () => existsSync(this.#path('apiserver.key')))
    this.writeKubeconfig('admin', this.#adminToken)
    await this.#untilReady()
    this.#startControllers()
  }

  /** The API server dies and comes back on the same port, with all it had in etcd. */
  async crashServer(): Promise<void> {
    const server = this.#children.get('kube-apiserver')
    if (server === undefined) throw new Error('the API server was not started')
    await kill(server)
    this.#start('kube-apiserver', server.spawnargs.slice(1))
    await this.#untilReady()
  }

  async stop(): Promise<void> {
    // Nothing outlives the test, so nobody has anything to put in order first.
    for (const child of this.#children.values()) await kill(child)
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }

  get port(): number {
    return this.#port
  }

  /** What clients trust. The server signs for itself; its file has the authority after the leaf. */
  get authority(): string {
    return readFileSync(this.#path('apiserver.crt'), 'utf8')
  }

  /** The path of a kubeconfig for whoever holds `token`. */
  writeKubeconfig(name: string, token: string): string {
    const cluster = {
      server: `https://127.0.0.1:${this.#port}`,
      'certificate-authority-data': Buffer.from(this.authority).toString('base64'),
    }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: 'test', user: name } }],
      'current-context': name,
    }
    return this.#write(`${name}.kubeconfig`, JSON.stringify(config))
  }

  #startEtcd(client: number, peer: number): void {
    this.#start(
      'etcd',
      flags({
        'data-dir': this.#path('etcd'),
        'listen-client-urls': loopback(client),
        'advertise-client-urls': loopback(client),
        'listen-peer-urls': loopback(peer),
        'initial-advertise-peer-urls': loopback(peer),
        'initial-cluster': `default=${loopback(peer)}`,
        // It goes with the test, so nothing has to survive a power cut.
        'unsafe-no-fsync': 'true',
      }),
    )
  }

  #startServer(etcd: number, secure: number): void {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const keys = {
      public: this.#write('tokens.pub', publicKey.export({ type: 'spki', format: 'pem' })),
      private: this.#write('tokens.key', privateKey.export({ type: 'pkcs8', format: 'pem' })),
    }
    const admin = this.#write('admin.csv', `${this.#adminToken},admin,admin,system:masters\n`)
    this.#start(
      'kube-apiserver',
      flags({
        'etcd-servers': loopback(etcd),
        'bind-address': '127.0.0.1',
        'advertise-address': '127.0.0.1',
        'endpoint-reconciler-type': 'none',
        'secure-port': String(secure),
        'cert-dir': this.directory,
        'service-cluster-ip-range': '10.0.0.0/24',
        'authorization-mode': 'RBAC',
        'token-auth-file': admin,
        'service-account-issuer': 'https://kubernetes.default.svc',
        'service-account-key-file': keys.public,
        'service-account-signing-key-file': keys.private,
        // So that it is PodSecurity that refuses a privileged pod.
        'allow-privileged': 'true',
      }),
    )
  }

  #startControllers(): void {
    const { kubeconfig } = this
    this.#start(
      'kube-controller-manager',
      flags({
        kubeconfig,
        'authentication-kubeconfig': kubeconfig,
        'authorization-kubeconfig': kubeconfig,
        'secure-port': '0',
        'leader-elect': 'false',
        'service-account-private-key-file': this.#path('tokens.key'),
        'root-ca-file': this.#path('apiserver.crt'),
      }),
    )
  }

  async #untilReady(): Promise<void> {
    const words = ['get', '--raw', '/readyz', '--kubeconfig', this.kubeconfig]
    await this.#until('is ready', async () => (await run(goTool('kubectl'), words)).code === 0)
  }

  /** Fails at once, with its last words, when a part of the control plane has ended. */
  async #until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await until(
      `the API server ${what}`,
      () => {
        for (const [program, { exitCode }] of this.#children) {
          if (exitCode === null) continue
          const words = readFileSync(this.#path(`${program}.log`), 'utf8')
            .trim()
            .split('\n')
          throw new Error(`${program} ended with ${exitCode}: ${words.slice(-3).join('\n')}`)
        }
        return holds()
      },
      { ms: startMs },
    )
  }

  #start(program: GoTool, words: readonly string[]): void {
    const log = openSync(this.#path(`${program}.log`), 'a')
    const child = spawn(goTool(program), words, { stdio: ['ignore', log, log] })
    closeSync(log)
    this.#children.set(program, endWithUs(child))
  }

  #path(name: string): string {
    return join(this.directory, name)
  }

  #write(name: string, content: string | Buffer): string {
    writeFileSync(this.#path(name), content, { mode: 0o600 })
    return this.#path(name)
  }
}

function flags(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`)
}

const loopback = (port: number): string => `http://127.0.0.1:${port}`

/**
 * Three ports in a row below those that the kernel gives to outgoing connections: the server opens its
 * port a second after it was picked, and on a busy machine somebody would have got one of those meanwhile.
 */
async function pickPorts(): Promise<readonly [number, number, number]> {
  for (;;) {
    const first = randomInt(20_000, 32_000)
    const ports = [first, first + 1, first + 2] as const
    const taken = await Promise.all(ports.map((port) => canConnect(port)))
    if (!taken.includes(true)) return ports
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
