{{/* Seconds a pod serves on, unaware, until whoever balances has taken it out. */}}
{{- define "hpdummy.preStopSeconds" -}}
{{- $profiles := dict "kube" 5 "gateway" 10 "alb" 20 "nlb" 30 }}
{{- $given := .Values.drain.preStopSeconds | toString }}
{{- ternary (get $profiles .Values.drain.profile) $given (eq $given "auto") }}
{{- end }}

{{/* Whole seconds of a time as settings write it: 250ms, 1.5s, 2m, or bare milliseconds. */}}
{{- define "hpdummy.seconds" -}}
{{- $units := dict "" 0.001 "ms" 0.001 "s" 1 "m" 60 "h" 3600 "us" 0.000001 "ns" 0.000000001 }}
{{- mulf (regexFind "^[0-9.]+" . | float64) (get $units (regexFind "[a-z]*$" .)) | ceil | int64 }}
{{- end }}

{{/* What Kubernetes must wait before it kills: the sleep, the drain, and time to say goodbye. */}}
{{- define "hpdummy.gracePeriod" -}}
{{- $sleep := include "hpdummy.preStopSeconds" . | int }}
{{- $deadline := include "hpdummy.seconds" (include "hpdummy.setting" (dict "root" . "name" "drain.deadline")) | int }}
{{- $needed := add $sleep $deadline 10 }}
{{- $given := .Values.terminationGracePeriodSeconds | toString }}
{{- if and (ne $given "auto") (lt (int $given) (int $needed)) }}
{{- fail (printf "terminationGracePeriodSeconds is %s, but preStop (%d) + config.drain.deadline (%d) + 10 take %d seconds: say auto or more, or shorten the drain" $given $sleep $deadline $needed) }}
{{- end }}
{{- ternary $needed (int $given) (eq $given "auto") }}
{{- end }}

{{- define "hpdummy.lifecycle" -}}
{{- $seconds := include "hpdummy.preStopSeconds" . | int }}
{{- if $seconds -}}
lifecycle:
  preStop:
    {{- if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}
    sleep:
      seconds: {{ $seconds }}
    {{- else }}
    # The sleep action is on by default from 1.30; there is no shell in the image, but there is node.
    exec:
      command: [node, -e, "setTimeout(() => {}, {{ mul $seconds 1000 }})"]
    {{- end }}
{{- end }}
{{- end }}
