const mount = '/sys/fs/cgroup'
const kubepods = `${mount}/kubepods`
const pod = `${kubepods}/pod`
const container = `${pod}/container`
const affinity = '/proc/self/status Cpus_allowed_list'

/** The groups of a container, as a kubelet nests them, outermost first. */
export const levels = ['kubepods', 'pod', 'container'] as const

/** A number at some of them. */
export type PerLevel = Readonly<Partial<Record<(typeof levels)[number], number>>>

/**
 * What a process sees of the groups: all of them as the host does, its own as the root of a namespace
 * (what containers get), or its own mounted alone without a namespace (what rootless runtimes do).
 */
export type View = 'host' | 'namespace' | 'own mount'

/** What is written to cpu.max, memory.max and memory.high; where nothing is, the kernel says `max`. */
export interface Limits {
  readonly cores?: PerLevel
  readonly memoryMaxMiB?: PerLevel
  readonly memoryHighMiB?: PerLevel
}

/** Limits, and what has to be made of them on a machine of four CPUs. */
export interface Case extends Limits {
  readonly name: string
  readonly affinity?: string
  readonly view?: View
  readonly flags?: readonly string[]
  /** `os.availableParallelism()` says another number: libuv 1.51 takes the outermost limit that it finds, and none below 1. */
  readonly isBeyondNode?: true
  readonly expected: Expected
}

/** What `--explain-resources` has to say. */
export interface Expected {
  readonly cores: number
  readonly coresBy: string
  readonly workers: number
  readonly memoryMiB: number | undefined
  readonly memoryBy: string
}

const unlimited: Expected = {
  cores: 4,
  coresBy: affinity,
  workers: 4,
  memoryMiB: undefined,
  memoryBy: 'no limit',
}

function cores(value: number, coresBy: string): Expected {
  return { ...unlimited, cores: value, coresBy, workers: Math.max(1, Math.floor(value)) }
}

function memory(memoryMiB: number, memoryBy: string): Expected {
  return { ...unlimited, memoryMiB, memoryBy }
}

const cpuCases: readonly Case[] = [
  { name: 'no limit', expected: unlimited },
  {
    name: 'container 1.5',
    cores: { container: 1.5 },
    expected: cores(1.5, `${container}/cpu.max`),
  },
  {
    name: 'container 0.5',
    isBeyondNode: true,
    cores: { container: 0.5 },
    expected: cores(0.5, `${container}/cpu.max`),
  },
  {
    name: 'container 2.9',
    cores: { container: 2.9 },
    expected: cores(2.9, `${container}/cpu.max`),
  },
  { name: 'container 64', cores: { container: 64 }, expected: unlimited },
  { name: 'pod 2 alone', cores: { pod: 2 }, expected: cores(2, `${pod}/cpu.max`) },
  {
    name: 'kubepods 1.5 alone',
    cores: { kubepods: 1.5 },
    expected: cores(1.5, `${kubepods}/cpu.max`),
  },
  {
    name: 'kubepods 4, pod 2, container 1',
    isBeyondNode: true,
    cores: { kubepods: 4, pod: 2, container: 1 },
    expected: cores(1, `${container}/cpu.max`),
  },
  {
    name: 'kubepods 3, container 1',
    isBeyondNode: true,
    cores: { kubepods: 3, container: 1 },
    expected: cores(1, `${container}/cpu.max`),
  },
  {
    name: 'kubepods 1, container 3',
    cores: { kubepods: 1, container: 3 },
    expected: cores(1, `${kubepods}/cpu.max`),
  },
  { name: 'three CPUs by affinity', affinity: '0-2', expected: cores(3, affinity) },
  {
    name: 'two CPUs by affinity, container 3',
    affinity: '1,3',
    cores: { container: 3 },
    expected: cores(2, affinity),
  },
  {
    name: 'container 2 of three CPUs by affinity',
    affinity: '0-2',
    cores: { container: 2 },
    expected: cores(2, `${container}/cpu.max`),
  },
]

const memoryCases: readonly Case[] = [
  {
    name: 'container 512 MiB',
    memoryMaxMiB: { container: 512 },
    expected: memory(512, `${container}/memory.max`),
  },
  {
    name: 'pod 512 MiB alone',
    memoryMaxMiB: { pod: 512 },
    expected: memory(512, `${pod}/memory.max`),
  },
  {
    name: 'pod 512 MiB, container 1024 MiB',
    memoryMaxMiB: { pod: 512, container: 1024 },
    expected: memory(512, `${pod}/memory.max`),
  },
  {
    name: 'container 768 MiB, and 512 MiB as memory.high',
    memoryMaxMiB: { container: 768 },
    memoryHighMiB: { container: 512 },
    expected: memory(512, `${container}/memory.high`),
  },
  {
    name: 'container 128 MiB, too little for four workers',
    memoryMaxMiB: { container: 128 },
    expected: { ...memory(128, `${container}/memory.max`), workers: 1 },
  },
]

const viewCases: readonly Case[] = [
  {
    name: 'container 1.5 and 512 MiB in a cgroup namespace',
    view: 'namespace',
    cores: { container: 1.5 },
    memoryMaxMiB: { container: 512 },
    expected: {
      ...cores(1.5, `${mount}/cpu.max`),
      memoryMiB: 512,
      memoryBy: `${mount}/memory.max`,
    },
  },
  {
    name: 'pod 2 and 512 MiB alone cannot be seen in a cgroup namespace',
    view: 'namespace',
    cores: { pod: 2 },
    memoryMaxMiB: { pod: 512 },
    expected: unlimited,
  },
  {
    name: 'pod 2 and 512 MiB alone, declared in a cgroup namespace',
    isBeyondNode: true,
    view: 'namespace',
    cores: { pod: 2 },
    memoryMaxMiB: { pod: 512 },
    flags: ['--quota-cpus=2', '--quota-memory=512M'],
    expected: {
      ...cores(2, 'setting quota.cpus'),
      memoryMiB: 512,
      memoryBy: 'setting quota.memory',
    },
  },
  {
    name: 'container 1.5 and 512 MiB, own group mounted alone',
    isBeyondNode: true,
    view: 'own mount',
    cores: { pod: 1, container: 1.5 },
    memoryMaxMiB: { container: 512 },
    expected: {
      ...cores(1.5, `${mount}/cpu.max`),
      memoryMiB: 512,
      memoryBy: `${mount}/memory.max`,
    },
  },
]

/** All that is tried in the machine, by names that differ. */
export const cases: readonly Case[] = [...cpuCases, ...memoryCases, ...viewCases]
