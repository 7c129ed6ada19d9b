// Who takes part: the origin and its peers, each as the command that starts it.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type SettingName, environmentName, settings } from '../../app/config/settings.ts'
import type { Contestant } from './servers.ts'
import { buildCPeer, buildCertificate, buildGoPeer, findTool, peersDirectory } from './toolchain.ts'

export const gibibyte = 2 ** 30

interface OriginOptions {
  readonly workers: number | 'auto'
  readonly flags?: readonly string[]
  readonly isTls?: boolean
}

// What is not judged is closed: a client's own port may be one of these. Variables, because an older entry
// file passes over those it does not know.
const closedPorts = Object.fromEntries(
  (Object.keys(settings) as SettingName[])
    .filter((name) => settings[name].format.parse('none') === 'none' && /port$/i.test(name))
    .map((name) => [environmentName(name), 'none']),
)

/** The server under judgement. `BENCH_ORIGIN` aims at another entry file to compare two. */
export function origin({ workers, flags = [], isTls = false }: OriginOptions): Contestant {
  return {
    name: 'origin',
    readyPath: '/readyz',
    prepare: ({ traffic, admin }) => ({
      words: [
        process.execPath,
        process.env['BENCH_ORIGIN'] ?? 'app/main.ts',
        `--http-host=127.0.0.1`,
        ...(isTls ? tlsFlags(traffic) : [`--http-port=${traffic}`]),
        `--admin-port=${admin}`,
        `--workers=${workers}`,
        '--log-level=warn',
        ...flags,
      ],
      environment: closedPorts,
    }),
  }
}

function tlsFlags(port: number): string[] {
  const { certificate, key } = buildCertificate()
  const files = [`--tls-cert-file=${certificate}`, `--tls-key-file=${key}`]
  return ['--http-port=0', `--https-port=${port}`, ...files]
}

// 8 KiB is what io.Copy to io.Discard asks for; 64 KiB, 256 KiB and 1 MiB are equally fast,
// whatever fasthttp's own ReadBufferSize is (README.md, Peers).
const uploadReads = { tuned: 256 * 1024, idiomatic: 8 * 1024 }

interface FasthttpOptions {
  /** Streams request bodies, read in the size that is fastest or in that of Go's idiom. */
  readonly uploads?: keyof typeof uploadReads
}

/** fasthttp with its own defaults; body streaming only where uploads need it. */
export function fasthttp({ uploads }: FasthttpOptions = {}): Contestant {
  const streaming =
    uploads === undefined ? [] : ['-stream-bodies', '-upload-read', `${uploadReads[uploads]}`]
  return {
    name: uploads === 'idiomatic' ? 'fasthttp io.Copy' : 'fasthttp',
    prepare: ({ traffic }) => ({
      words: [buildGoPeer('fasthttp'), '-port', `${traffic}`, ...streaming],
      environment: { GOMAXPROCS: '1' },
    }),
  }
}

interface TcpserverOptions {
  /** Letters in the answer. */
  readonly bytes: number
  readonly encrypts?: boolean
  readonly sleepMs?: number
  readonly isTls?: boolean
}

/** One answer for everything, as in tcpserver's own benchmark, from it or from fasthttp. */
export function tcpserver(
  name: 'tcpserver' | 'fasthttp',
  { bytes, encrypts = false, sleepMs = 0, isTls = false }: TcpserverOptions,
): Contestant {
  const answer = ['-aaaa', `${bytes}`, '-sleep', `${sleepMs}`, ...(encrypts ? ['-aes128'] : [])]
  return {
    name,
    prepare: ({ traffic }) => {
      const words = [buildGoPeer('tcpserver'), '-server', name, '-port', `${traffic}`, ...answer]
      const environment = { GOMAXPROCS: '1' }
      if (!isTls) return { words, environment }
      const { certificate, key } = buildCertificate()
      return { words: [...words, '-tls-cert', certificate, '-tls-key', key], environment }
    },
  }
}

/** nginx answering 1 KiB from its configuration: its shortest way to an answer. */
export function nginx(): Contestant {
  return {
    name: 'nginx',
    prepare: ({ traffic }) => {
      const program = findTool('nginx')
      const directory = mkdtempSync(join(tmpdir(), 'bench-nginx-'))
      writeFileSync(join(directory, 'nginx.conf'), nginxConfiguration(traffic))
      return {
        words: [program, '-p', directory, '-c', 'nginx.conf', '-e', 'stderr'],
        cleanUp: () => rmSync(directory, { recursive: true }),
      }
    },
  }
}

// One process without a master: its process id is then the one whose CPU counts.
function nginxConfiguration(port: number): string {
  const body = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.repeat(29).slice(0, 1024)
  const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  default_type application/octet-stream;
  ${temporaryPaths.map((name) => `${name}_temp_path ${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      add_header Content-Disposition 'attachment; filename="data.bin"';
      return 200 "${body}";
    }
  }
}
`
}

/** A loop of 256 KiB send()s in C: the practical limit of a download. */
export function sendLoop(): Contestant {
  return {
    name: 'C send loop',
    prepare: ({ traffic }) => ({
      words: [buildCPeer('send-loop'), `${traffic}`, `${gibibyte}`],
    }),
  }
}

/** The WebSocket echo our engine can do with nothing of ours around it. */
export function uwsEcho(): Contestant {
  return {
    name: 'bare uWS',
    prepare: ({ traffic }) => ({
      words: [process.execPath, join(peersDirectory, 'uws-echo.ts'), `${traffic}`],
    }),
  }
}

interface Floor {
  readonly workers: number
  readonly language: 'TypeScript' | 'JavaScript'
}

/** Node with idle worker threads and nothing else, started from one language or the other. */
export function nodeFloor({ workers, language }: Floor): Contestant {
  const source = join(peersDirectory, 'node-floor.ts')
  return {
    name: `node + ${workers} workers, ${language}`,
    prepare: ({ traffic }) => {
      const words = [`${traffic}`, `${workers}`]
      if (language === 'TypeScript') return { words: [process.execPath, source, ...words] }
      const directory = mkdtempSync(join(tmpdir(), 'bench-floor-'))
      const copy = join(directory, 'node-floor.mjs')
      copyFileSync(source, copy)
      return {
        words: [process.execPath, copy, ...words],
        cleanUp: () => rmSync(directory, { recursive: true }),
      }
    },
  }
}
