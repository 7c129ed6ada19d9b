{{/* What a schema cannot say: values that exclude or need one another. Included by the pod, which is always there. */}}
{{- define "hpdummy.checks" -}}
{{- $v := .Values }}
{{- if and $v.autoscaling.enabled $v.keda.enabled }}
{{- fail "autoscaling.enabled and keda.enabled exclude each other: two scalers would fight over the same pods" }}
{{- end }}
{{- if and (eq $v.kind "DaemonSet") (include "hpdummy.isScaled" .) }}
{{- fail "kind DaemonSet has one pod on each node: set autoscaling.enabled and keda.enabled to false" }}
{{- end }}
{{- if and $v.metrics.serviceMonitor.enabled $v.metrics.podMonitor.enabled }}
{{- fail "metrics.serviceMonitor.enabled and metrics.podMonitor.enabled exclude each other: every pod would be scraped twice" }}
{{- end }}
{{- if and $v.tls.certManager.enabled (not $v.tls.certManager.issuerRef) }}
{{- fail "tls.certManager.enabled needs tls.certManager.issuerRef, such as {name: my-issuer, kind: ClusterIssuer}" }}
{{- end }}
{{- $selfSigned := eq (include "hpdummy.setting" (dict "root" . "name" "tls.selfSigned")) "true" }}
{{- if and $selfSigned (include "hpdummy.tlsSecret" .) }}
{{- fail "config.tls.selfSigned and a certificate from a Secret exclude each other: use one of them" }}
{{- end }}
{{- if and $v.tls.clientCa.secretName $v.tls.clientCa.configMapName }}
{{- fail "tls.clientCa.secretName and tls.clientCa.configMapName exclude each other: the authorities come from one place" }}
{{- end }}
{{- if not (include "hpdummy.isTls" .) }}
{{- range $name, $given := dict "tls.clientCa" (or $v.tls.clientCa.secretName $v.tls.clientCa.configMapName) "tls.sni" $v.tls.sni }}
{{- if $given }}
{{- fail (printf "%s needs a certificate: set tls.secretName, tls.certManager.enabled or config.tls.selfSigned" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- $limits := dig "limits" dict ($v.resources | default dict) }}
{{- if and $v.downwardAPI.cpu (not $limits.cpu) }}
{{- fail "downwardAPI.cpu needs resources.limits.cpu: without a limit the variable is the whole node" }}
{{- end }}
{{- if and $v.downwardAPI.memory (not $limits.memory) }}
{{- fail "downwardAPI.memory needs resources.limits.memory: without a limit the variable is the whole node" }}
{{- end }}
{{- $tolerance := or (dig "scaleUp" "tolerance" "" $v.autoscaling.behavior) (dig "scaleDown" "tolerance" "" $v.autoscaling.behavior) }}
{{- $version := .Capabilities.KubeVersion.Version }}
{{- range $need := list
  (list "admissionPolicy" $v.admissionPolicy.enabled "1.30")
  (list "service.trafficDistribution" $v.service.trafficDistribution "1.31")
  (list "tolerance in autoscaling.behavior" $tolerance "1.35")
}}
{{- if and (index $need 1) (not (semverCompare (printf ">=%s-0" (index $need 2)) $version)) }}
{{- fail (printf "%s needs Kubernetes %s, this is %s" (index $need 0) (index $need 2) $version) }}
{{- end }}
{{- end }}
{{- range $route := list "httpRoute" "grpcRoute" }}
{{- with get $v $route }}
{{- if and .enabled (not .parentRefs) }}
{{- fail (printf "%s needs %s.parentRefs, such as [{name: my-gateway}]" $route $route) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $v.verify.enabled (not $v.verify.url) }}
{{- fail "verify.enabled needs verify.url, such as http://gateway.gateways.svc: the proxy that is to be judged" }}
{{- end }}
{{- if and $v.keda.enabled (not $v.keda.prometheusAddress) (not $v.keda.triggers) }}
{{- fail "keda needs something to scale by: set keda.prometheusAddress or keda.triggers" }}
{{- end }}
{{- end }}
