{{- define "hpdummy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for the suffixes of the objects beside it. */}}
{{- define "hpdummy.fullname" -}}
{{- $name := include "hpdummy.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | replace "." "-" | trunc 48 | trimSuffix "-" }}
{{- end }}

{{/* Never changes in the life of a release: selectors cannot. */}}
{{- define "hpdummy.selectorLabels" -}}
app.kubernetes.io/name: {{ include "hpdummy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: origin
{{- end }}

{{/* A tag may have characters that no label has. */}}
{{- define "hpdummy.versionLabel" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- regexReplaceAll "[^A-Za-z0-9._-]+" $tag "_" | trunc 63 | trimAll "._-" }}
{{- end }}

{{/*
Of every object; takes (dict "root" $ "component" "origin") and optionally labels. Those of the values may
change what a label only tells, and never what something is selected by.
*/}}
{{- define "hpdummy.labels" -}}
{{- $fixed := dict
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_")
  "app.kubernetes.io/name" (include "hpdummy.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" .component
  "app.kubernetes.io/managed-by" .root.Release.Service
}}
{{- $told := dict "app.kubernetes.io/part-of" "hpdummy" "app.kubernetes.io/version" (include "hpdummy.versionLabel" .root) }}
{{- toYaml (merge $fixed (.labels | default dict) .root.Values.commonLabels $told) }}
{{- end }}

{{/* Name, namespace and labels; takes root, component and optionally name and annotations. */}}
{{- define "hpdummy.metadata" -}}
name: {{ .name | default (include "hpdummy.fullname" .root) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "hpdummy.labels" . | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "hpdummy.image" -}}
{{- $image := .Values.image }}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* "true" or nothing. */}}
{{- define "hpdummy.makesServiceAccount" -}}
{{- if or .Values.serviceAccount.create (and .Values.apiWatch.enabled (not .Values.serviceAccount.name)) }}true{{ end }}
{{- end }}

{{- define "hpdummy.serviceAccount" -}}
{{- $own := ternary (include "hpdummy.fullname" .) "default" (eq (include "hpdummy.makesServiceAccount" .) "true") }}
{{- default $own .Values.serviceAccount.name }}
{{- end }}

{{/* "true" when something else than the chart says how many pods there are. */}}
{{- define "hpdummy.isScaled" -}}
{{- if or .Values.autoscaling.enabled .Values.keda.enabled }}true{{ end }}
{{- end }}

{{/* The least number of pods there should be. */}}
{{- define "hpdummy.minReplicas" -}}
{{- if .Values.autoscaling.enabled }}{{ .Values.autoscaling.minReplicas }}
{{- else if .Values.keda.enabled }}{{ .Values.keda.minReplicas }}
{{- else }}{{ .Values.replicas }}{{ end }}
{{- end }}

{{/* What is scaled, for scalers. */}}
{{- define "hpdummy.scaleTarget" -}}
apiVersion: apps/v1
kind: {{ .Values.kind }}
name: {{ include "hpdummy.fullname" . }}
{{- end }}
