import type { LibraryEndpoint } from './grpc-endpoint.ts'

function reflection(version: 'v1' | 'v1alpha'): LibraryEndpoint {
  return {
    id: `grpc-reflection-${version}`,
    path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    kind: 'library',
    summary: 'What services there are and what their messages look like',
  }
}

/** Health and reflection: contracts of gRPC itself, answered by its own packages. */
export const libraryServices: readonly LibraryEndpoint[] = [
  {
    id: 'grpc-health-check',
    isProbe: true,
    path: '/grpc.health.v1.Health/Check',
    kind: 'library',
    summary: 'SERVING, or NOT_SERVING while draining; by service, or of all for an empty name',
  },
  {
    id: 'grpc-health-watch',
    path: '/grpc.health.v1.Health/Watch',
    kind: 'library',
    summary: 'The same, and again whenever it changes',
  },
  {
    id: 'grpc-health-list',
    path: '/grpc.health.v1.Health/List',
    kind: 'library',
    summary: 'The same of every service',
  },
  reflection('v1'),
  reflection('v1alpha'),
]
