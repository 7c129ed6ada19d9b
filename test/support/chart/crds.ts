import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { moduleFolder } from '../../tools/modules.ts'

// Of projects whose Go module carries them.
const sources = [
  { module: 'sigs.k8s.io/gateway-api@v1.6.3', folder: 'config/crd/standard' },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    folder: 'example/prometheus-operator-crd',
  },
  { module: 'github.com/kedacore/keda/v2@v2.21.0', folder: 'config/crd/bases' },
  { module: 'github.com/cert-manager/cert-manager@v1.21.2', folder: 'deploy/crds' },
  { module: 'k8s.io/autoscaler/vertical-pod-autoscaler@v1.6.0', folder: 'deploy' },
  { module: 'github.com/grafana/k6-operator@v0.0.19', folder: 'config/crd/bases' },
  { module: 'github.com/grafana/grafana-operator/v5@v5.18.0', folder: 'config/crd/bases' },
] as const

// What the chart and k8s/ make. All the rest would only make the server slower to start.
const wanted =
  /(_(servicemonitors|podmonitors|prometheusrules|scaledobjects|httproutes|grpcroutes|gateways|certificates|testruns|grafanadashboards)|vpa-v1-crd-gen)\.yaml$/

/** The files of the CustomResourceDefinitions that our objects use, as their projects publish them. */
export function crdFiles(): readonly string[] {
  return sources.flatMap(({ module, folder }) => {
    const directory = join(moduleFolder(module), folder)
    const files = readdirSync(directory).filter((name) => wanted.test(name))
    if (files.length === 0) throw new Error(`${module} has none of the CRDs wanted in ${folder}`)
    return files.map((name) => join(directory, name))
  })
}
