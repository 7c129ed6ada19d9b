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
{{- with .Values.tls.clientCa }}
{{- if or .secretName .configMapName }}
{{- $_ := set $flat "tls.clientCaFile" (printf "/etc/hpdummy-client-ca/%s" .key) }}
{{- end }}
{{- end }}
{{- if .Values.tls.sni }}
{{- $_ := set $flat "tls.sniDirectory" "/etc/hpdummy-sni" }}
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
