{{/*
The settings the program is given, as a map of flat names to text: those of `config` and those that follow
from other values. files/settings.json has all there are, made from the program's own table.
*/}}
{{- define "hpdummy.settings" -}}
{{- $flat := include "hpdummy.flatten" (dict "values" .Values.config "prefix" "") | fromYaml }}
{{- if include "hpdummy.tlsSecret" . }}
{{- $_ := set $flat "tls.certFile" "/etc/hpdummy-tls/tls.crt" }}
{{- $_ := set $flat "tls.keyFile" "/etc/hpdummy-tls/tls.key" }}
{{- end }}
{{- toYaml $flat }}
{{- end }}

{{- define "hpdummy.flatten" -}}
{{- range $key, $value := .values }}
{{- $name := printf "%s%s" $.prefix $key }}
{{- if kindIs "map" $value }}
{{- include "hpdummy.flatten" (dict "values" $value "prefix" (printf "%s." $name)) }}
{{- else if not (kindIs "invalid" $value) }}
{{ $name }}: {{ ternary (printf "%v" (int64 $value)) (toString $value) (kindIs "float64" $value) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The text of one setting, given or by default; takes (dict "root" $ "name" "drain.deadline"). */}}
{{- define "hpdummy.setting" -}}
{{- $given := include "hpdummy.settings" .root | fromYaml }}
{{- $all := .root.Files.Get "files/settings.json" | fromJson }}
{{- get $given .name | default (get (get $all .name) "default") }}
{{- end }}

{{/* Of the settings that a running process cannot follow, and of no others: a change of the rest rolls no pod. */}}
{{- define "hpdummy.checksum" -}}
{{- $all := .Files.Get "files/settings.json" | fromJson }}
{{- $process := dict }}
{{- range $name, $value := include "hpdummy.settings" . | fromYaml }}
{{- if eq (get (get $all $name) "reload") "process" }}{{ $_ := set $process $name $value }}{{ end }}
{{- end }}
{{- toJson $process | sha256sum }}
{{- end }}

{{/* The Secret with the certificate, given or made by cert-manager. */}}
{{- define "hpdummy.tlsSecret" -}}
{{- if .Values.tls.secretName }}{{ .Values.tls.secretName }}
{{- else if .Values.tls.certManager.enabled }}{{ include "hpdummy.fullname" . }}-tls{{ end }}
{{- end }}

{{/* "true" when there is a certificate. */}}
{{- define "hpdummy.isTls" -}}
{{- if or (include "hpdummy.tlsSecret" .) (eq (include "hpdummy.setting" (dict "root" . "name" "tls.selfSigned")) "true") }}true{{ end }}
{{- end }}

{{- define "hpdummy.adminPort" -}}
{{- include "hpdummy.setting" (dict "root" . "name" "admin.port") }}
{{- end }}

{{/* The ports of traffic that are open, as a list under `ports`: each row of the values with its number in the pod. */}}
{{- define "hpdummy.ports" -}}
ports:
{{- $all := .Files.Get "files/settings.json" | fromJson }}
{{- range $name, $row := .Values.ports }}
{{- if and $row.enabled (or (ne $name "https") (eq (include "hpdummy.isTls" $) "true")) }}
{{- $number := $row.containerPort }}
{{- if hasKey $all ($row.setting | default "") }}
{{- $number = include "hpdummy.setting" (dict "root" $ "name" $row.setting) }}
{{- end }}
{{- if not $number }}
{{- fail (printf "ports.%s is enabled, but hpdummy %s has no setting %q: say ports.%s.containerPort if your image listens there" $name $.Chart.AppVersion ($row.setting | default "") $name) }}
{{- end }}
  - name: {{ $name }}
    number: {{ $number }}
    port: {{ $row.port }}
    protocol: {{ $row.protocol | default "TCP" }}
    appProtocol: {{ $row.appProtocol | default "" | quote }}
    nodePort: {{ $row.nodePort | default 0 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The Service's number of a port, or a refusal; takes root, name (of the port) and for (the value that needs it). */}}
{{- define "hpdummy.servicePort" -}}
{{- $found := dict }}
{{- range (include "hpdummy.ports" .root | fromYaml).ports }}
{{- if eq .name $.name }}{{ $found = . }}{{ end }}
{{- end }}
{{- if not $found }}
{{- fail (printf "%s needs ports.%s: set ports.%s.enabled to true" .for .name .name) }}
{{- end }}
{{- $found.port }}
{{- end }}
