import { helm } from '../support/chart/helm.ts'
import { chart } from '../support/chart/values.ts'

// Where k8s/ puts everything: the policies name it.
const namespace = 'hpdummy'

/** Files of k8s/ that the chart makes, for `npm run golden`. They need Helm. */
export const renderedManifests = [
  { file: 'k8s/base/hpdummy.yaml', text: () => render() },
  {
    file: 'k8s/overlays/restricted/policies.yaml',
    text: () =>
      render(
        '--set=networkPolicy.enabled=true,admissionPolicy.enabled=true',
        '--show-only=templates/networkpolicy.yaml',
        '--show-only=templates/admissionpolicy.yaml',
      ),
  },
] as const

function render(...words: readonly string[]): string {
  const release = ['hpdummy', chart, `--namespace=${namespace}`, '--kube-version=1.35.0']
  return (
    helm('template', ...release, '--no-hooks', ...words)
      // No release of Helm's holds these objects.
      .replaceAll(/^ +helm\.sh\/chart: .*\n/gm, '')
      .replaceAll('app.kubernetes.io/managed-by: Helm', 'app.kubernetes.io/managed-by: kustomize')
  )
}
