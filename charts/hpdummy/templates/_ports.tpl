{{/*
The ports of traffic: `open` are the pod's, each number and protocol once, whether or not a Service has them;
`served` are the rows that the Services have, `target` being the name of the pod's port they lead to.

Helm 3 and kubectl apply merge a container's ports by their number alone, and refuse to change a pod that has
one number twice. So UDP echo, which shares its number with TCP echo, is named only where that is of use: in a
Service, or on the node's network.
*/}}
{{- define "hpdummy.ports" -}}
{{- $all := .Files.Get "files/settings.json" | fromJson }}
{{- $open := list }}
{{- $served := list }}
{{- $taken := dict (printf "%s/TCP" (include "hpdummy.adminPort" .)) (dict "name" "admin" "setting" "admin.port") }}
{{- range $name, $row := .Values.ports }}
{{- $setting := $row.setting | default "" }}
{{- $isSetting := hasKey $all $setting }}
{{- $number := $row.containerPort | default "" | toString }}
{{- if $isSetting }}
{{- $number = include "hpdummy.setting" (dict "root" $ "name" $setting) }}
{{- end }}
{{- if and $row.enabled (not $number) }}
{{- fail (printf "ports.%s is enabled, but hpdummy %s has no setting %q: say ports.%s.containerPort if your image listens there" $name $.Chart.AppVersion $setting $name) }}
{{- end }}
{{- $isClosed := or (eq $number "none") (and $row.tls (not (include "hpdummy.isTls" $))) }}
{{- if and (or $isSetting $row.enabled) (not $isClosed) }}
{{- $protocol := $row.protocol | default "TCP" }}
{{- $key := printf "%s/%s" $number $protocol }}
{{- $port := dict "name" $name "number" (int $number) "protocol" $protocol "setting" (ternary $setting "" $isSetting) }}
{{- $first := get $taken $key | default $port }}
{{- if and $port.setting $first.setting (ne $port.setting $first.setting) }}
{{- fail (printf "config.%s and config.%s are both %s: each listener has a port of its own" $first.setting $port.setting $key) }}
{{- end }}
{{- if not (hasKey $taken $key) }}
{{- $_ := set $taken $key $port }}
{{- $isShared := and (eq $protocol "UDP") (hasKey $taken (printf "%s/TCP" $number)) }}
{{- if or $row.enabled $.Values.hostNetwork (not $isShared) }}
{{- $open = append $open $port }}
{{- end }}
{{- end }}
{{- if $row.enabled }}
{{- $more := dict "target" $first.name "port" (int $row.port) "appProtocol" $row.appProtocol "nodePort" $row.nodePort }}
{{- $served = append $served (merge $more $port) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml (dict "open" $open "served" $served) }}
{{- end }}

{{/* The Service's number of a port, or a refusal; takes root, name (of the port) and for (the value that needs it). */}}
{{- define "hpdummy.servicePort" -}}
{{- $found := dict }}
{{- range (include "hpdummy.ports" .root | fromYaml).served }}
{{- if eq .name $.name }}{{ $found = . }}{{ end }}
{{- end }}
{{- if not $found }}
{{- $row := get .root.Values.ports .name }}
{{- if not $row }}
{{- fail (printf "%s.port is %q: ports has no such row" .for .name) }}
{{- else if not $row.enabled }}
{{- fail (printf "%s needs ports.%s: set ports.%s.enabled to true" .for .name .name) }}
{{- else if and $row.tls (not (include "hpdummy.isTls" .root)) }}
{{- fail (printf "%s needs ports.%s, which opens with a certificate: set tls.secretName, tls.certManager.enabled or config.tls.selfSigned" .for .name) }}
{{- end }}
{{- fail (printf "%s needs ports.%s: config.%s is none" .for .name $row.setting) }}
{{- end }}
{{- $found.port }}
{{- end }}
